//! Clauses beyond the plain SELECT: limits, windows, recursion, APPLY, tables of values, FOR JSON.

use crate::hr::{admin, show};

#[test]
fn limits() {
    insta::assert_snapshot!(show(
        &[
            "SELECT TOP (@p) [Name] FROM [HR].[Skills] ORDER BY [Name]",
            "SELECT TOP (12.5) PERCENT [Name] FROM [HR].[Skills] ORDER BY [Name]",
            "SELECT TOP 1 WITH TIES [Name] FROM [HR].[Skills] ORDER BY [Name]",
            "SELECT [Name] FROM [HR].[Skills] ORDER BY [Name] OFFSET @p ROWS FETCH NEXT @p + 1 ROWS ONLY",
            "SELECT (SELECT TOP 1 [Name] FROM [HR].[Skills] ORDER BY [Name] DESC) AS a OPTION (RECOMPILE)",
        ],
        &admin()
    ));
}

#[test]
fn windows() {
    insta::assert_snapshot!(show(
        &[
            "SELECT ROW_NUMBER() OVER (PARTITION BY [Department] ORDER BY [Salary] DESC), RANK() OVER (ORDER BY [Level]), NTILE(2) OVER (ORDER BY [Level]) FROM [HR].[Employees]",
            "SELECT LAG([First Name], 1, 'x') OVER (ORDER BY [Salary]), SUM([Salary]) OVER (ORDER BY [Salary] ROWS BETWEEN 1 PRECEDING AND UNBOUNDED FOLLOWING), COUNT(*) OVER () FROM [HR].[Employees]",
            "SELECT [Level], SUM(COUNT(*)) OVER (ORDER BY [Level] ROWS UNBOUNDED PRECEDING) FROM [HR].[Employees] GROUP BY [Level] ORDER BY RANK() OVER (ORDER BY COUNT(*))",
        ],
        &admin()
    ));
}

#[test]
fn sources() {
    insta::assert_snapshot!(show(
        &[
            "WITH c(id, l) AS (SELECT [Cinchy Id], 0 FROM [HR].[Employees] WHERE [Manager] IS NULL UNION ALL SELECT e.[Cinchy Id], c.l + 1 FROM [HR].[Employees] e JOIN c ON e.[Manager].[Cinchy Id] = c.id) SELECT id FROM c OPTION (MAXRECURSION 7)",
            "SELECT d.[Name], x.[Salary] FROM [HR].[Departments] d OUTER APPLY (SELECT TOP 1 e.[Salary] FROM [HR].[Employees] e WHERE e.[Department] = d.[Name] ORDER BY e.[Salary]) x",
            "SELECT s.value, v.b FROM [HR].[Skills] k CROSS APPLY STRING_SPLIT(k.[Name], ',') s CROSS APPLY (VALUES (k.[Name]), ('x')) v(b)",
            "SELECT v.b FROM (VALUES (1, 'x'), (2, NULL)) v(a, b)",
        ],
        &admin()
    ));
}

#[test]
fn json_and_quantifiers() {
    insta::assert_snapshot!(show(
        &[
            "SELECT [Name] AS 'a.n', [Budget] AS 'a.b', [Active] AS c FROM [HR].[Departments] FOR JSON PATH, ROOT('r')",
            "SELECT (SELECT [Name] FROM [HR].[Skills] FOR JSON AUTO, INCLUDE_NULL_VALUES, WITHOUT_ARRAY_WRAPPER) AS j",
            "SELECT [Name] FROM [HR].[Departments] WHERE [Budget] > ALL (SELECT [Salary] FROM [HR].[Employees]) AND NOT [Name] < ANY (SELECT [Name] FROM [HR].[Skills]) AND [Name] = SOME (SELECT 'x')",
        ],
        &admin()
    ));
}

#[test]
fn groupings_and_pivots() {
    insta::assert_snapshot!(show(
        &[
            "SELECT [Level], GROUPING([Level]) AS g, COUNT([Level]) AS n FROM [HR].[Employees] GROUP BY ROLLUP([Level], [Active]) HAVING COUNT(*) > 1 ORDER BY n",
            "SELECT [Level], MAX([Salary]) FROM [HR].[Employees] GROUP BY [Active], CUBE([Level])",
            "SELECT p.* FROM (SELECT [Level], [Active], [Salary] FROM [HR].[Employees]) s PIVOT (SUM([Salary]) FOR [Level] IN ([Lead], [Senior])) p",
            "SELECT u.v, u.n FROM (SELECT [Name] AS a, [Code] AS b FROM [HR].[Departments]) s UNPIVOT (v FOR n IN (a, b)) u",
        ],
        &admin()
    ));
}
