//! Clauses, names, operators and functions.

use crate::hr::{admin, show};

#[test]
fn names_and_aliases() {
    insta::assert_snapshot!(show(
        &[
            "SELECT [Name] FROM [HR].[Departments]",
            "select NAME, [cinchy ID] from hr.departments",
            "SELECT d.[Name] AS 'a', [Code] b, [Budget] 'c', e = [Active], [f] = d.[Name], 'g' = [Code] FROM [HR].[Departments] d;",
            "SELECT [Name], d.[Name], [Name] + 'x', 1 + 2, [Name] AS 'Column2', 3 FROM [Cinchy].[HR].[Departments] d",
            "SELECT Departments.[Name], [HR].[Departments].[Code] FROM [HR].[Departments]",
            "SELECT s.* FROM [HR].[Skills] s",
            "SELECT * FROM [HR].[Locked]",
            "SELECT 1",
            "SELECT 1 WHERE 1 = 0",
            "SELECT NULL, 'a' + NULL, N'x', 1.5, -2147483649",
        ],
        &admin()
    ));
}

#[test]
fn conditions() {
    insta::assert_snapshot!(show(
        &[
            "SELECT [Cinchy Id] FROM [HR].[Departments] WHERE [Deleted] IS NULL AND [Name] <> 'x' AND NOT ([Code] = 'a' OR [Code] != 'b')",
            "SELECT [Cinchy Id] FROM [HR].[Departments] WHERE [Budget] > '50' AND [Budget] <= 100 AND [Cinchy Id] = 7 AND [Name] < 'm'",
            "SELECT [Cinchy Id] FROM [HR].[Departments] WHERE [Active] = 1 OR [Active] = 'Yes' OR [Active] <> 'false' OR [Active] = 2 OR [Active] IN (0, 1)",
            "SELECT [Cinchy Id] FROM [HR].[Departments] WHERE [Cinchy Id] IN (1, 2) AND [Name] NOT IN ('a', 'b') AND [Budget] IN (1, 2.5)",
            "SELECT [Cinchy Id] FROM [HR].[Departments] WHERE [Name] BETWEEN 'a' AND 'f' AND [Budget] NOT BETWEEN 1 AND 9",
            "SELECT [Cinchy Id] FROM [HR].[Departments] WHERE [Name] LIKE 'a*%_?[' OR [Name] LIKE 'S%' OR [Name] NOT LIKE '50!%' ESCAPE '!' OR [Name] LIKE '[a-f]%'",
            "SELECT [Cinchy Id] FROM [HR].[Departments] WHERE [Name] LIKE '%' + @p + '%' OR LOWER(CAST([Name] as nvarchar(MAX))) LIKE LOWER('%text%')",
            "SELECT [Cinchy Id] FROM [HR].[Departments] WHERE LOWER([Name]) LIKE '%5!%_é%' ESCAPE '!' OR LOWER([Name]) NOT LIKE 'a%' OR LOWER([Name]) LIKE 'A%' OR LOWER([Name] + 'x') LIKE 'a%'",
            "SELECT [Cinchy Id] FROM [HR].[Departments] WHERE LOWER([Name]) LIKE '%5!%_0%' ESCAPE '!' OR LOWER([Name]) NOT LIKE '1-%'",
            "SELECT [Cinchy Id] FROM [HR].[Departments] WHERE LOWER([Name]) LIKE '%on%' OR LOWER([Code]) LIKE '%on%' OR [Cinchy Id] = 1 OR LOWER([Code]) LIKE '%é%' OR LOWER([Name]) LIKE '%on%' AND NOT (LOWER([Code]) LIKE '%k%' OR LOWER([Name]) LIKE '%k%') AND LOWER([Code]) NOT LIKE '%on%'",
            "SELECT [First Name] FROM [HR].[Employees] WHERE [Start Date] >= '2021-01-01' AND [Start Date] < '15 Mar 2022' AND [Start Date] IS NOT NULL",
            "SELECT [First Name] FROM [HR].[Employees] WHERE [Perks] = 'Gym' OR [Perks] <> 'Bike' OR [Perks] IN ('Gym', 'Bike') OR [Level] = 'Lead'",
            "SELECT TOP 11 [Cinchy ID] as 'id', [First Name] as 'label' FROM [HR].[Employees] WHERE [Deleted] IS NULL AND [First Name] IS NOT NULL AND trim(CAST([First Name] AS VARCHAR)) != '' ORDER BY [First Name];",
        ],
        &admin()
    ));
}

#[test]
fn order_group_distinct() {
    insta::assert_snapshot!(show(
        &[
            "SELECT [Name] AS n, [Budget] FROM [HR].[Departments] ORDER BY n DESC, 2, [Code], LEN([Code]) DESC",
            "SELECT DISTINCT TOP (5) [Name], [Active] FROM [HR].[Departments] ORDER BY [Name], 2 DESC",
            "SELECT COUNT(*), COUNT([Name]) AS c, COUNT(DISTINCT [Name]), MIN([Name]), MAX([Budget]), SUM([Budget]), AVG([Budget]), SUM([Cinchy Id]), AVG([Cinchy Id]) FROM [HR].[Departments]",
            "SELECT [Active], COUNT(*) AS n FROM [HR].[Departments] GROUP BY [Active] HAVING COUNT(*) > 1 ORDER BY COUNT(*) DESC, [Active]",
            "SELECT [Name] + 'x' FROM [HR].[Departments] GROUP BY [Name] + 'x' ORDER BY [Name] + 'x'",
            "SELECT CASE WHEN [Active] = 1 THEN 'on' ELSE 'off' END AS state, 1 AS one FROM [HR].[Departments] GROUP BY [Active] ORDER BY state, one",
        ],
        &admin()
    ));
}

#[test]
fn operators_and_functions() {
    insta::assert_snapshot!(show(
        &[
            "SELECT 7/2, -7/2, -5 % 3, 7/2.0, 1 + 2 * 3, -[Budget] FROM [HR].[Departments]",
            "SELECT [Cinchy Id] / [Version], [Cinchy Id] % 2, [Budget] / [Version], [Budget] * 2 FROM [HR].[Departments]",
            "SELECT [Name] + ' (' + [Code] + ')', CONCAT([Name], ' ', [Budget], [Cinchy Id], [Active], NULL) FROM [HR].[Departments]",
            "SELECT ISNULL([Budget], 0), ISNULL([Name], [Code]), ISNULL([Active], 0), COALESCE([Budget], [Cinchy Id], 1), NULLIF([Name], '') FROM [HR].[Departments]",
            "SELECT IIF([Budget] > 1, 'a', 'b'), CASE [Name] WHEN 'x' THEN 1 WHEN 'y' THEN 2.5 END, IIF(NULL = 1, 'T', 'F') FROM [HR].[Departments]",
            "SELECT LEN([Name]), LOWER([Name]), UPPER([Name]), LTRIM([Name]), RTRIM([Name]), TRIM([Name]), LEN([Cinchy Id]) FROM [HR].[Departments]",
            "SELECT NEWID(), GETDATE(), currentUserId(), CURRENTUSERID() + 1",
            "SELECT CAST('12' AS INT), CAST(1 AS BIT), CAST('' AS DATETIME), cast('abc' as nvarchar(2)), CAST(1.9 AS INT), CAST('1.5' AS FLOAT), CONVERT(INT, '7')",
            "SELECT CAST([Budget] AS INT), CAST([Cinchy Id] AS FLOAT), CAST([Cinchy Id] AS VARCHAR(20)), CAST([Budget] AS NVARCHAR(MAX)), CAST([Active] AS INT), CAST([Cinchy Id] AS BIT), CAST([Created] AS DATE) FROM [HR].[Departments]",
            "SELECT CASE WHEN CHANGE([Name])=1 THEN DRAFT([Name]) ELSE [Name] END as 'C' FROM [HR].[Departments]",
        ],
        &admin()
    ));
}

#[test]
fn joins() {
    insta::assert_snapshot!(show(
        &[
            "SELECT u.[Username] as 'username', l.[Salary] as 's' FROM [Cinchy].[Users] u LEFT JOIN [HR].[Employees] l ON l.[User Account].[Cinchy Id] = u.[Cinchy Id] WHERE u.[Cinchy Id] = CurrentUserID();",
            "SELECT d.[Name], e.[First Name] FROM [HR].[Departments] d JOIN [HR].[Employees] e ON e.[Department].[Code] = d.[Code]",
            "SELECT d.[Name], e.[First Name], e.[Manager] FROM [HR].[Departments] d LEFT JOIN [HR].[Employees] e ON e.[Department].[Name] = d.[Name] AND e.[Manager].[Active] = 1",
            "SELECT d.[Name], s.[Name] FROM [HR].[Departments] d, [HR].[Skills] s CROSS JOIN [HR].[Locked]",
            "SELECT a.[First Name], b.[First Name] FROM [HR].[Employees] a INNER JOIN [HR].[Employees] b ON a.[Department] = b.[Department] AND a.[Cinchy Id] <> b.[Cinchy Id]",
        ],
        &admin()
    ));
}
