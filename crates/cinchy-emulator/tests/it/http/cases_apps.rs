//! The statements that shipped applications send, shape by shape, on both databases. Each step sees what those before it
//! wrote.

use super::cases_cql::with;
use crate::support::backends::{builder, start_each};
use crate::support::case::{Case, check, post};

const SEED: &str = include_str!("apps.yaml");

/// The shapes of statements that are seen in shipped applications. Each is sent by a case at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// The SDKs ask who the user is and what they prefer.
    Preferences,
    /// The form application offers rows to link to ...
    Lookup,
    /// ... that hold what was typed.
    LookupFilter,
    /// May the user edit the cells of this record?
    Editable,
    /// A record with its drafts.
    Record,
    /// The rows that link to a record.
    ChildRows,
    /// One value of a record, which its children are asked for by.
    ParentId,
    /// Where a column stands.
    ColumnName,
    /// Rows to link to, with further columns and filters.
    LinkOptions,
    /// The files of a cell.
    FileNames,
    /// A new record, its id by OUTPUT ...
    Insert,
    /// ... and by `@cinchy_row_id`.
    InsertRowId,
    /// A changed record.
    Update,
    /// A child that is made or changed.
    ChildWrite,
    /// Other files in a cell.
    UpdateFiles,
    /// A record goes.
    Delete,
    /// An insert that names an id.
    InsertWithId,
    /// The release toolkit asks whether anybody is there.
    SelectOne,
    /// A row of the execution log.
    LogRow,
    /// Update what is there, else insert.
    IfElse,
    /// Several deletes of the platform's own rows.
    DeleteViews,
    /// One number.
    Count,
    /// A script after an installation.
    PostInstall,
    /// What the project application has in its saved queries.
    Project,
}

use Shape::*;

const SHAPES: [Shape; 24] = [
    Preferences,
    Lookup,
    LookupFilter,
    Editable,
    Record,
    ChildRows,
    ParentId,
    ColumnName,
    LinkOptions,
    FileNames,
    Insert,
    InsertRowId,
    Update,
    ChildWrite,
    UpdateFiles,
    Delete,
    InsertWithId,
    SelectOne,
    LogRow,
    IfElse,
    DeleteViews,
    Count,
    PostInstall,
    Project,
];

/// A statement of one of these types with parameters of type `System.String`.
fn send(cql: &str, kind: &str, parameters: &[(&str, &str)]) -> Case {
    typed(
        cql,
        kind,
        &parameters
            .iter()
            .map(|(name, value)| (*name, "System.String", *value))
            .collect::<Vec<_>>(),
    )
}

/// A statement with parameters as the SDKs write them.
fn typed(cql: &str, kind: &str, parameters: &[(&str, &str, &str)]) -> Case {
    let mut pairs = vec![("Type".to_owned(), kind.to_owned())];
    for (index, (name, ty, value)) in parameters.iter().enumerate() {
        let field = |field: &str| format!("Parameters[{index}].{field}");
        pairs.push((field("ParameterName"), (*name).to_owned()));
        pairs.push((field("ValueType"), (*ty).to_owned()));
        pairs.push((field("XmlSerializedValue"), (*value).to_owned()));
    }
    let pairs: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    with(cql, &pairs).bearer("fay")
}

fn query(cql: &str) -> Case {
    send(cql, "QUERY", &[])
}

fn preferences_and_lookups() -> Vec<(Shape, Case)> {
    vec![
        (Preferences, query("SELECT u.[Username] as 'username', u.[Name] as 'name', u.[Email Address] as 'email', l.[Language].[Subtag] as 'language', l.[Region].[Subtag] as 'region', l.[Time Zone] as 'timeZone' FROM [Cinchy].[Users] u LEFT JOIN [Cinchy].[User Preferences] l ON l.[User].[Cinchy Id] = u.[Cinchy Id] WHERE u.[Cinchy Id] = CurrentUserID();")
            .gives(r#"[{"username":"fay","name":"Fay Form","email":null,"language":"fr","region":"CA","timeZone":"Eastern Standard Time"}]"#)),
        (Lookup, query("SELECT TOP 11 [Cinchy ID] as 'id', [Name] as 'label' FROM [Sales].[Countries] WHERE [Deleted] IS NULL AND [Name] IS NOT NULL AND trim(CAST([Name] AS VARCHAR)) != '' ORDER BY [Name];")
            .gives(r#"[{"id":1,"label":"Canada"},{"id":2,"label":"France"},{"id":3,"label":"Japan"}]"#)),
        // A column that links is offered by what it shows.
        (Lookup, query("SELECT [Cinchy ID] as 'id', [Country] as 'label' FROM [Sales].[Customers] WHERE [Deleted] IS NULL AND [Country] IS NOT NULL AND trim(CAST([Country] AS VARCHAR)) != '' ORDER BY [Country];")
            .gives(r#"[{"id":1,"label":"Canada"},{"id":2,"label":"France"}]"#)),
        (LookupFilter, query("SELECT [Cinchy ID] as 'id', [Name] as 'label' FROM [Sales].[Countries] WHERE [Deleted] IS NULL AND [Name] IS NOT NULL AND trim(CAST([Name] AS VARCHAR)) != '' AND LOWER(CAST([Name] as nvarchar(MAX))) LIKE LOWER('%AN%') ORDER BY [Name];")
            .gives(r#"[{"id":1,"label":"Canada"},{"id":2,"label":"France"},{"id":3,"label":"Japan"}]"#)),
        (LookupFilter, query("SELECT TOP 11 [Cinchy ID] as 'id', [Amount] as 'label' FROM [Sales].[Orders] WHERE [Deleted] IS NULL AND [Amount] IS NOT NULL AND trim(CAST([Amount] AS VARCHAR)) != '' AND LOWER(CAST([Amount] as nvarchar(MAX))) LIKE LOWER('%0%') ORDER BY [Amount];")
            .gives(r#"[{"id":1,"label":10},{"id":2,"label":20}]"#)),
        (Editable, query("SELECT editable([Name]) AS 'entitlement-Name', editable([Guid]) AS 'entitlement-Guid' FROM [Sales].[Customers] t WHERE t.[Deleted] IS NULL AND t.[Cinchy ID]=1;")
            .gives(r#"[{"entitlement-Name":1,"entitlement-Guid":0}]"#)),
        (Editable, query("SELECT editable([Name]) AS 'entitlement-Name' FROM [Sales].[Customers] t WHERE t.[Deleted] IS NULL AND t.[Cinchy ID]=2;")
            .gives(r#"[{"entitlement-Name":0}]"#)),
        (Editable, query("SELECT editable([Name]) AS 'entitlement-Name' FROM [Sales].[Customers] t WHERE t.[Deleted] IS NULL AND t.[Cinchy ID]=null;")
            .gives("[]")),
        (Record, send("SELECT CASE WHEN CHANGE([Name])=1 THEN DRAFT([Name]) ELSE [Name] END as 'Name', CASE WHEN CHANGE([Country])=1 THEN DRAFT([Country].[Cinchy ID]) ELSE [Country].[Cinchy ID] END as 'Country', CASE WHEN CHANGE([Country])=1 THEN DRAFT([Country]) ELSE [Country] END as 'Country label', CASE WHEN CHANGE([Tags])=1 THEN DRAFT([Tags].[Cinchy ID]) ELSE [Tags].[Cinchy ID] END as 'Tags',[Cinchy ID] FROM [Sales].[Customers] t where t.[Cinchy ID] = 1 and t.[Deleted] IS NULL Order by t.[Cinchy ID]", "DRAFT_QUERY", &[])
            .gives(r#"[{"Name":"Acme","Country":1,"Country label":"Canada","Tags":"2, 1","Cinchy ID":1}]"#)),
        (ChildRows, typed("SELECT [Number], [Cinchy ID] FROM [Sales].[Orders] t where t.[Customer].[Cinchy ID] = @parentCinchyIdMatch and t.[Deleted] IS NULL AND (t.[Amount] > 10) Order by t.[Number]", "DRAFT_QUERY", &[("@parentCinchyIdMatch", "System.Double", "1")])
            .gives(r#"[{"Number":"A-2","Cinchy ID":2}]"#)),
        (ParentId, send("SELECT [Customer].[Country].[Code] AS 'idParent' FROM [Sales].[Orders] WHERE [Cinchy ID] = 3;", "DRAFT_QUERY", &[])
            .gives(r#"[{"idParent":"FR"}]"#)),
        (ColumnName, query("SELECT tc.[Table].[Domain].[Name] AS 'Domain', tc.[Table].[Name] AS 'Table', tc.[Name] AS 'Column' FROM [Cinchy].[Cinchy].[Table Columns] tc WHERE tc.[Deleted] IS NULL AND tc.[Table].[Deleted] IS NULL AND tc.[Table] = 'Sales.Tags' AND tc.[Is System Column] = 0")
            .gives(r#"[{"Domain":"Sales","Table":"Tags","Column":"Name"}]"#)),
        // The id is that of a system table's column, which no seed changes: [Domains].[Name].
        (ColumnName, query("SELECT tc.[Table].[Domain].[Name] AS 'Domain', tc.[Table].[Name] AS 'Table', tc.[Name] AS 'Column' FROM [Cinchy].[Cinchy].[Table Columns] tc WHERE tc.[Deleted] IS NULL AND tc.[Table].[Deleted] IS NULL AND tc.[Cinchy ID] = 101")
            .gives(r#"[{"Domain":"Cinchy","Table":"Domains","Column":"Name"}]"#)),
        (LinkOptions, typed("SELECT [Code] as 'display-0', [Cinchy ID] as 'Id', [Name] as 'Label' FROM [Sales].[Countries] WHERE [Deleted] IS NULL AND [Code] <> 'JP';", "QUERY", &[("@cinchyid", "System.Double", "1")])
            .gives(r#"[{"display-0":"CA","Id":1,"Label":"Canada"},{"display-0":"FR","Id":2,"Label":"France"}]"#)),
        (LinkOptions, typed("SELECT [Customer] as 'display-0', [Customer].[Country] as 'display-1', [Cinchy ID] as 'Id', [Number] as 'Label' FROM [Sales].[Orders] WHERE [Deleted] IS NULL AND [Amount] < 20 AND ([Customer].[Cinchy ID] = @cinchyid OR @cinchyid IS NULL);", "QUERY", &[("@cinchyid", "System.Double", "2")])
            .gives(r#"[{"display-0":"Bolt","display-1":"France","Id":3,"Label":"B-1"}]"#)),
        (FileNames, query("SELECT [Documents].[Cinchy ID] AS 'fileIds', [Documents].[File Name] AS 'fileNames' FROM [Sales].[Customers] WHERE [Cinchy ID]=1;")
            .gives(r#"[{"fileIds":null,"fileNames":null}]"#)),
        (FileNames, query("SELECT [Documents].[Cinchy ID] AS 'fileIds', [Documents].[File Name] AS 'fileNames' FROM [Sales].[Customers] WHERE [Cinchy ID]=2;")
            .gives(r#"[{"fileIds":"2, 1","fileNames":"plan.txt, logo.txt"}]"#)),
        (SelectOne, query("SELECT 1").has(":1")),
        (LogRow, query("SELECT [State], [Output] = [Execution Output] FROM [Cinchy].[Execution Log] WHERE [Cinchy Id] = 1").bearer("admin").gives("[]")),
        (LogRow, query("INSERT INTO [Cinchy].[Execution Log] ([State], [Execution Output]) VALUES ('Succeeded', 'done') SELECT [State], [Output] = [Execution Output] FROM [Cinchy].[Execution Log] WHERE [Deleted] IS NULL AND [Cinchy Id] = 1").bearer("admin")
            .gives(r#"[{"State":"Succeeded","Output":"done"}]"#)),
        (Count, send("SELECT COUNT(*) FROM [Sales].[Orders]", "SCALAR", &[]).has(":3")),
        (Count, send("SELECT COUNT(*) FROM [Cinchy].[Cinchy].[Tables] t WHERE t.[Deleted] IS NULL AND t.[Domain].[Name] = 'Sales'", "SCALAR", &[]).has(":4")),
    ]
}

/// What the form application does with a record.
fn forms() -> Vec<(Shape, Case)> {
    let insert = "CREATE TABLE #tmp([id] int) INSERT INTO [Sales].[Customers] ([Name], [Country], [Tags], [Notes], [Revenue], [Signed], [Active]) OUTPUT INSERTED.[Cinchy ID] INTO #tmp ([id]) VALUES (@p0, ResolveLink(@p1,'Cinchy ID'), ResolveLink(@p2,'Cinchy ID'), cast(@p3 as nvarchar(100)), @p4, @p5, @p6) SELECT x.[id] AS 'id' FROM #tmp x";
    let show = "SELECT [Name], [Country], [Tags], [Notes], [Revenue], [Signed], [Active], [Version] FROM [Sales].[Customers] WHERE [Cinchy Id] = 4";
    vec![
        (Insert, typed(insert, "QUERY", &[
            ("@p0", "System.String", "Dune"), ("@p1", "System.Double", "3"), ("@p2", "System.String", "1,2"), ("@p3", "System.String", ""),
            ("@p4", "System.Double", "12.5"), ("@p5", "System.String", "2024-12-15T17:00:00.000Z"), ("@p6", "System.Boolean", "true"),
        ]).gives(r#"[{"id":4}]"#)),
        (Insert, query(show).gives(r#"[{"Name":"Dune","Country":"Japan","Tags":"Key, Cold","Notes":"","Revenue":12.5,"Signed":"2024-12-15T17:00:00","Active":true,"Version":1}]"#)),
        (Insert, query("SELECT LEN([Guid]) AS 'n' FROM [Sales].[Customers] WHERE [Cinchy Id] = 4").gives(r#"[{"n":36}]"#)),
        (Update, typed("UPDATE t SET t.[Name] = @p0, t.[Country] = ResolveLink(@p1,'Cinchy ID'), t.[Tags] = @p2, t.[Notes] = cast(@p3 as nvarchar(100)) FROM [Sales].[Customers] t WHERE t.[Cinchy ID] = 4 AND t.[Deleted] IS NULL SELECT 4;", "QUERY", &[
            ("@p0", "System.String", "Dune Ltd"), ("@p1", "System.String", ""), ("@p2", "System.String", "3,0,1,0"), ("@p3", "System.String", "note"),
        ]).has(":4")),
        (Update, query(show).gives(r#"[{"Name":"Dune Ltd","Country":null,"Tags":"\"Late, often\", Key","Notes":"note","Revenue":12.5,"Signed":"2024-12-15T17:00:00","Active":true,"Version":2}]"#)),
        // The id stays behind an update; what the row filter forbids stays as it was.
        (Update, query("UPDATE t SET t.[Name] = 'No' FROM [Sales].[Customers] t WHERE t.[Cinchy ID] = 2 AND t.[Deleted] IS NULL SELECT [Name] FROM [Sales].[Customers] WHERE [Cinchy Id] = 2")
            .gives(r#"[{"Name":"Bolt"}]"#)),
        (InsertRowId, send("INSERT INTO [Sales].[Orders] ([Number], [Customer]) VALUES (@p0, ResolveLink(@p1,'Cinchy ID')) SELECT @cinchy_row_id", "QUERY", &[("@p0", "D-1"), ("@p1", "4")])
            .has(":4")),
        (ChildWrite, send("UPDATE t SET t.[Number] = @p0 FROM [Sales].[Orders] t WHERE t.[Cinchy ID] = 4 AND t.[Deleted] IS NULL; SELECT 1;", "QUERY", &[("@p0", "D-2")]).has(":1")),
        (ChildWrite, send("INSERT INTO [Sales].[Orders] ([Number], [Customer]) VALUES (@p0, ResolveLink(@p1,'Cinchy ID')); SELECT 1;", "QUERY", &[("@p0", "D-3"), ("@p1", "4")]).has(":1")),
        (ChildWrite, query("SELECT [Number], [Customer] FROM [Sales].[Orders] t WHERE t.[Customer].[Cinchy ID] = 4 ORDER BY t.[Number]")
            .gives(r#"[{"Number":"D-2","Customer":"Dune Ltd"},{"Number":"D-3","Customer":"Dune Ltd"}]"#)),
        (UpdateFiles, query("UPDATE t SET t.[Documents]='1,1,2,1' FROM [Sales].[Customers] t WHERE t.[Cinchy ID] = 4 AND t.[Deleted] IS NULL SELECT [Documents] AS 'files' FROM [Sales].[Customers] WHERE [Cinchy Id] = 4")
            .gives(r#"[{"files":"logo.txt, plan.txt"}]"#)),
        (UpdateFiles, query("UPDATE t SET t.[Documents]='' FROM [Sales].[Customers] t WHERE t.[Cinchy ID] = 4 SELECT [Documents] AS 'files' FROM [Sales].[Customers] WHERE [Cinchy Id] = 4")
            .gives(r#"[{"files":null}]"#)),
        // A new row's id is the platform's, whatever the statement says.
        (InsertWithId, typed("Insert into [Sales].[Tags] ([Cinchy ID], [Name]) values(@rowId, @fieldValue) SELECT [Cinchy Id] AS 'id', [Name] FROM [Sales].[Tags] WHERE [Name] = 'Hot'", "QUERY", &[("@rowId", "System.Double", "1"), ("@fieldValue", "System.String", "Hot")])
            .gives(r#"[{"id":4,"Name":"Hot"}]"#)),
        (Delete, query("DELETE FROM [Sales].[Orders] WHERE [Cinchy ID] = 4 AND [Deleted] IS NULL")),
        (Delete, query("SELECT [Number] FROM [Sales].[Orders] WHERE [Deleted] IS NULL ORDER BY [Number]").gives(r#"[{"Number":"A-1"},{"Number":"A-2"},{"Number":"B-1"},{"Number":"D-3"}]"#)),
        // A statement without a result set has an empty one.
        (Update, with("UPDATE t SET t.[Notes]='x' FROM [Sales].[Customers] t WHERE t.[Cinchy ID] = 4", &[("CompressJSON", "true")])
            .bearer("fay").gives(r#"{"schema":[],"data":[]}"#)),
    ]
}

/// What release scripts and the project application send.
fn scripts() -> Vec<(Shape, Case)> {
    let if_else = "IF (SELECT COUNT(*) FROM [Sales].[Countries] WHERE [Name] = 'Peru') = 1 BEGIN UPDATE c SET c.[Code] = 'XX' FROM [Sales].[Countries] c WHERE c.[Name] = 'Peru' END ELSE BEGIN INSERT INTO [Sales].[Countries] ([Name], [Code]) VALUES ('Peru', 'PE') END";
    vec![
        (IfElse, send(if_else, "NONQUERY", &[]).gives("1")),
        (IfElse, send(if_else, "NONQUERY", &[]).gives("1")),
        (IfElse, send("IF (SELECT 1 FROM [Cinchy].[Cinchy].[Groups] g WHERE g.[Name] = 'Readers') = 1 BEGIN UPDATE g SET g.[Users] = ResolveLink('fay','Username') FROM [Cinchy].[Cinchy].[Groups] g WHERE g.[Name] = 'Readers' END ELSE BEGIN INSERT INTO [Cinchy].[Cinchy].[Groups] ([Name], [User Groups]) VALUES ('Readers', RESOLVELINK('All Users','Name')) END", "NONQUERY", &[])
            .bearer("admin").gives("1")),
        (IfElse, query("SELECT [Name], [User Groups] FROM [Cinchy].[Groups] WHERE [Name] = 'Readers'").bearer("admin").gives(r#"[{"Name":"Readers","User Groups":"All Users"}]"#)),
        (IfElse, query("SELECT [Code] FROM [Sales].[Countries] WHERE [Name] = 'Peru'").gives(r#"[{"Code":"XX"}]"#)),
        (DeleteViews, send("INSERT INTO [Cinchy].[Views] ([Table], [Name], [Sync GUID]) VALUES (ResolveLink('Sales.Orders', 'Full Name'), 'All', 'guid_1'), (ResolveLink('Sales.Orders', 'Full Name'), 'Mine', NULL), (ResolveLink('Sales.Tags', 'Full Name'), 'All', 'guid_2'), (ResolveLink('Sales.Tags', 'Full Name'), 'Old', 'guid')", "NONQUERY", &[])
            .bearer("admin").gives("4")),
        (DeleteViews, send("DELETE v FROM [Cinchy].[Cinchy].[Views] v WHERE v.[Table].[Name] = 'Orders' AND v.[Deleted] IS NULL AND EXISTS (SELECT 1 FROM [Cinchy].[Cinchy].[Tables] t WHERE t.[Cinchy Id] = v.[Table].[Cinchy Id] AND t.[Domain].[Name] = 'Sales'); DELETE v FROM [Cinchy].[Cinchy].[Views] v WHERE v.[Sync GUID] LIKE 'guid_%' AND v.[Deleted] IS NULL;", "NONQUERY", &[])
            .bearer("admin").gives("1")),
        (DeleteViews, query("SELECT v.[Table], v.[Name] FROM [Cinchy].[Views] v WHERE v.[Deleted] IS NULL").bearer("admin").gives(r#"[{"Table":"Sales.Tags","Name":"Old"}]"#)),
        (DeleteViews, send("DELETE v FROM [Cinchy].[Sales].[Countries] v WHERE v.[Code] LIKE 'X%' AND EXISTS (SELECT 1 FROM [Sales].[Customers] c WHERE c.[Name] = 'Acme'); DELETE v FROM [Sales].[Countries] v WHERE v.[Code] LIKE 'Z_%'", "NONQUERY", &[]).gives("0")),
        (DeleteViews, query("SELECT [Name] FROM [Sales].[Countries] WHERE [Deleted] IS NULL").gives(r#"[{"Name":"Canada"},{"Name":"France"},{"Name":"Japan"}]"#)),
        (PostInstall, query("DECLARE @from NVARCHAR(50) DECLARE @to NVARCHAR(50) SET @from = 'Mon' SET @to = 'Tues' SELECT c.[Cinchy Id], REPLACE(c.[Notes], @from, @to) AS n, SUBSTRING(c.[Notes], CHARINDEX(' ', c.[Notes]) + 1, LEN(c.[Notes])) AS rest, LEFT(c.[Notes], 5) AS l INTO #t FROM [Sales].[Customers] c WHERE c.[Cinchy Id] = 3 SELECT x.[Name], t.n, t.rest, t.l FROM [Sales].[Customers] x LEFT JOIN #t t ON 1=1 WHERE x.[Cinchy Id] = 1")
            .gives(r#"[{"Name":"Acme","n":"Calls on Tuesdays","rest":"on Mondays","l":"Calls"}]"#)),
        (Project, query("SELECT DISTINCT pa.[Name], pa.[Done] FROM (SELECT DISTINCT c.[Name], c.[% Done] * 100 AS 'Done', c.[Stage] FROM [Sales].[Customers] c WHERE c.[Deleted] IS NULL AND c.[% Done] IS NOT NULL) pa ORDER BY pa.[Name]")
            .gives(r#"[{"Name":"Acme","Done":50},{"Name":"Bolt","Done":100}]"#)),
        (Project, query("SELECT [Name] FROM [Sales].[Customers] WHERE [Cinchy Id] < 4 ORDER BY CASE WHEN [Stage] = 'Lead' THEN 0 WHEN [Stage] IS NULL THEN 1 ELSE 2 END")
            .gives(r#"[{"Name":"Bolt"},{"Name":"Crux"},{"Name":"Acme"}]"#)),
        (Project, send("UPDATE a SET a.[Country] = @country FROM [Sales].[Customers] a WHERE a.[Cinchy Id] = @id AND ISNUMERIC(@id) = 1 AND CurrentUserId() > 0", "NONQUERY", &[("@country", "2,0"), ("@id", "3")]).gives("1")),
        (Project, query("SELECT [Country] FROM [Sales].[Customers] WHERE [Cinchy Id] = 3").gives(r#"[{"Country":"France"}]"#)),
    ]
}

fn saved_queries() -> Vec<Case> {
    let call = |name: &str, body: &str| {
        post(&format!("/API/Sales/{name}"))
            .form(format!("CompressJSON=false&{body}"))
            .bearer("fay")
            .named(&format!("{name} {body}"))
    };
    vec![
        call("customers of a country", "%40country=Canada").gives(r#"[{"Name":"Acme","Asked":"Canada"}]"#),
        call("Set stage", "@stage=Lost&@id=1").gives("1"),
        call("Set stage", "@stage=Gone&@id=1").is(400).header("x-cinchy-error", "Value must be selected from the available options."),
        call("Checked", "@id=&%7B0%7D=Sales").is(400).header("x-cinchy-error", "Invalid parameter: @id cannot be NULL or zero"),
        call("Checked", "@id=1&{0}=Sales").gives(r#"[{"Name":"Acme"}]"#),
        call("Field tree", "").gives(r#"[{"Id":1,"label":"Acme","Depth":0},{"Id":101,"label":"A-1","Depth":1},{"Id":102,"label":"A-2","Depth":1}]"#),
        // A saved query that another text runs sees its variables as parameters (documented).
        query("DECLARE @country NVARCHAR(20) = 'Canada' EXEC [Sales].[Customers of a country]").gives(r#"[{"Name":"Acme","Asked":"Canada"}]"#),
        query("EXEC [Sales].[Customers of a country] @country = 'France'").gives(r#"[{"Name":"Bolt","Asked":"France"},{"Name":"Crux","Asked":"France"}]"#),
        query("SELECT COUNT(*) AS 'n' FROM [Sales].[Customers] WHERE [Cinchy Id] IN (executeSavedQuery('Sales', 'Field tree'))")
            .gives(r#"[{"n":1}]"#),
    ]
}

#[tokio::test]
async fn statements_of_shipped_applications() {
    let backends = start_each(builder().seed_text(SEED)).await;
    let shaped = [preferences_and_lookups(), forms(), scripts()].concat();
    for shape in SHAPES {
        assert!(
            shaped.iter().any(|(found, _)| *found == shape),
            "no case of {shape:?}"
        );
    }
    let named = shaped
        .into_iter()
        .map(|(shape, case)| case.named(&format!("{shape:?}")));
    let cases: Vec<Case> = named.chain(saved_queries()).collect();
    check(&backends, &cases).await;
}
