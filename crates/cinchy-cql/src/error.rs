//! What can go wrong between CQL text and rows, with the platform's message texts.

use std::fmt;

mod place;
mod temporary;

pub use temporary::TemporaryError;

use crate::design::DesignError;
use crate::need::Need;

/// A place in the text of a statement, after text parameters have been put in. Both count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line.
    pub line: u64,
    /// Column, in characters.
    pub column: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Why a statement does not compile or a bind cannot be resolved. `Display` is the text that a caller reads.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CqlError {
    /// The text is not CQL: `SELECT FROM`. The message names the token and its place.
    #[error("{message}")]
    Syntax {
        /// Whole message, position included.
        message: String,
        /// Where.
        position: Option<Position>,
    },
    /// A construct of CQL that the emulator does not run: `SELECT STUFF(..)`.
    #[error("{what} is not supported{}", at(position))]
    Unsupported {
        /// The construct, as a user would name it.
        what: String,
        /// Where.
        position: Option<Position>,
    },
    /// `FROM [HR].[Nope]`. Text as the platform prints it.
    #[error("Table {table} in domain {domain} could not be found")]
    TableNotFound {
        /// Name as written.
        table: String,
        /// Domain as written.
        domain: String,
        /// Where.
        position: Option<Position>,
    },
    /// `FROM [Employees]`: a domain is required (documented).
    #[error("Table {table} could not be found: write [Domain].[{table}]")]
    TableWithoutDomain {
        /// Name as written.
        table: String,
        /// Where.
        position: Option<Position>,
    },
    /// `SELECT [Nope]`. Clients read the name out of this text.
    #[error("Column [{name}] could not be found")]
    ColumnNotFound {
        /// Name as written.
        name: String,
        /// Where.
        position: Option<Position>,
    },
    /// A bare name that several tables of FROM have (T-SQL text).
    #[error("Ambiguous column name '{name}'.")]
    AmbiguousColumn {
        /// Name as written.
        name: String,
        /// Where.
        position: Option<Position>,
    },
    /// Two tables of FROM under one name (T-SQL text).
    #[error("The correlation name '{name}' is specified multiple times in a FROM clause.")]
    DuplicateAlias {
        /// The alias.
        name: String,
        /// Where.
        position: Option<Position>,
    },
    /// The caller has no grant on a table of FROM, or not the Direct Query right that ad-hoc CQL needs.
    #[error("Access denied on table(s) {}", tables.join(", "))]
    TableDenied {
        /// Their names, without domains.
        tables: Vec<String>,
        /// Where.
        position: Option<Position>,
    },
    /// The caller may not view a column, or a column that a link passes through. The select list drops such a column
    /// when others remain.
    #[error("Access denied")]
    ColumnDenied {
        /// Full name, for the log.
        column: String,
        /// Where.
        position: Option<Position>,
    },
    /// A calculated column depends on a column that the caller may not view.
    #[error("Access denied")]
    CalculatedDenied {
        /// Full name of the calculated column, for the log.
        column: String,
        /// Where.
        position: Option<Position>,
    },
    /// `@x` without a parameter or DECLARE of that name (T-SQL text).
    #[error("Must declare the scalar variable \"@{name}\".")]
    UndeclaredVariable {
        /// Name as written, without `@`.
        name: String,
        /// Where.
        position: Option<Position>,
    },
    /// Text that is no number where a double is wanted (platform text).
    #[error("Error converting data type varchar to float.")]
    NotANumber {
        /// The text.
        text: String,
    },
    /// Text that is no value of the type that its context wants (T-SQL text).
    #[error("Conversion failed when converting the varchar value '{text}' to data type {ty}.")]
    NotOfType {
        /// The text.
        text: String,
        /// The type.
        ty: &'static str,
    },
    /// A value that does not convert, which T-SQL does not show (T-SQL text).
    #[error("Error converting data type {from} to {to}.")]
    ConversionError {
        /// Type of the value.
        from: &'static str,
        /// Type that its context wants.
        to: &'static str,
    },
    /// `CAST('x' AS MONEY)` (T-SQL text).
    #[error("Cannot convert a char value to money. The char value has incorrect syntax.")]
    NotMoney,
    /// `CAST('x' AS UNIQUEIDENTIFIER)` (T-SQL text).
    #[error("Conversion failed when converting from a character string to uniqueidentifier.")]
    NotAGuid,
    /// `CAST('1700-01-01' AS DATETIME)` (T-SQL text).
    #[error(
        "The conversion of a {from} data type to a {to} data type resulted in an out-of-range value."
    )]
    DateOutOfRange {
        /// Type of the value.
        from: &'static str,
        /// Type that its context wants.
        to: &'static str,
    },
    /// `CONVERT(VARCHAR(30), GETDATE(), 999)` (T-SQL text).
    #[error(
        "{style} is not a valid style number when converting from {from} to a character string."
    )]
    UnknownStyle {
        /// The number.
        style: i64,
        /// Type of the value.
        from: &'static str,
    },
    /// `CAST([a] AS DATE)` of a number, which only `datetime` takes (T-SQL text).
    #[error("Explicit conversion from data type {from} to {to} is not allowed.")]
    CastNotAllowed {
        /// Type of the value.
        from: &'static str,
        /// Type that its context wants.
        to: &'static str,
        /// Where.
        position: Option<Position>,
    },
    /// A number that its target has no room for (T-SQL text).
    #[error("Arithmetic overflow error converting {from} to data type {to}.")]
    Overflow {
        /// Type of the value, or `expression`.
        from: &'static str,
        /// Type that has no room.
        to: &'static str,
    },
    /// `DATEADD(year, 9000, ..)` (T-SQL text).
    #[error("Adding a value to a '{ty}' column caused an overflow.")]
    DateOverflow {
        /// Type of the date.
        ty: &'static str,
    },
    /// `DATEDIFF(second, '1900-01-01', '2020-01-01')` (T-SQL text).
    #[error(
        "The {function} function resulted in an overflow. The number of dateparts separating two date/time instances is too large. Try to use {function} with a less precise datepart."
    )]
    DateDifferenceOverflow {
        /// `datediff` or `datediff_big`.
        function: &'static str,
    },
    /// `DATEPART(century, ..)` (T-SQL text).
    #[error("'{part}' is not a recognized datepart option.")]
    UnknownDatePart {
        /// As written.
        part: String,
        /// Where.
        position: Option<Position>,
    },
    /// `TIMEFROMPARTS(1, 2, 3, 4, NULL)` (T-SQL text).
    #[error(
        "Scale argument is not valid. Valid expressions for data type {ty} scale argument are integer constants and integer constant expressions."
    )]
    BadScale {
        /// The type.
        ty: &'static str,
        /// Where.
        position: Option<Position>,
    },
    /// `DATEFROMPARTS(2010, 13, 1)` (T-SQL text).
    #[error(
        "Cannot construct data type {ty}, some of the arguments have values which are not valid."
    )]
    BadDateParts {
        /// The type.
        ty: &'static str,
    },
    /// A date part that its type does not have: `DATEADD(hour, 1, CAST(.. AS DATE))` (T-SQL text).
    #[error("The datepart {part} is not supported by date function {function} for data type {ty}.")]
    WrongDatePart {
        /// The part.
        part: &'static str,
        /// The function, in lower case.
        function: &'static str,
        /// Type of the date.
        ty: &'static str,
    },
    /// An offset outside -14:00 to +14:00 (T-SQL text).
    #[error("The timezone provided to builtin function {function} is invalid.")]
    BadOffset {
        /// The function, in lower case.
        function: &'static str,
    },
    /// Text that is no date where one is wanted (T-SQL text).
    #[error("Conversion failed when converting date and/or time from character string.")]
    NotADate {
        /// The text.
        text: String,
    },
    /// `SQRT(-1)`: the result is no number (T-SQL text).
    #[error("An invalid floating point operation occurred.")]
    InvalidFloat,
    /// `LEFT(x, -1)` (T-SQL text).
    #[error("Invalid length parameter passed to the {function} function.")]
    InvalidLength {
        /// The function, as the message calls it.
        function: &'static str,
    },
    /// `TRANSLATE('a', 'bc', 'd')` (T-SQL text).
    #[error(
        "The second and third arguments of the TRANSLATE built-in function must contain an equal number of characters."
    )]
    UnequalTranslation,
    /// `STRING_ESCAPE(x, 'xml')` (T-SQL text).
    #[error("An invalid value was specified for argument {number}.")]
    InvalidArgument {
        /// Which, from 1.
        number: usize,
    },
    /// `CHAR(0)`, which no text on PostgreSQL can hold.
    #[error("The character 0 is not supported.")]
    NoCharacterZero,
    /// `CONTAINS(x, '')` (T-SQL text).
    #[error("Null or empty full-text predicate.")]
    EmptySearch,
    /// A search condition of CONTAINS that is none (T-SQL text).
    #[error("Syntax error near '{near}' in the full-text search condition '{search}'.")]
    SearchSyntax {
        /// What is not understood.
        near: String,
        /// The condition.
        search: String,
    },
    /// A JSON text or a path into one.
    #[error(transparent)]
    Json(#[from] crate::functions::json::JsonError),
    /// What a function of PostgreSQL's side raised while the statement ran, in T-SQL's words.
    #[error("{text}")]
    FunctionFailed {
        /// The words.
        text: String,
    },
    /// A value of one type where another is wanted and no rule converts it (T-SQL text).
    #[error("Operand type clash: {from} is incompatible with {to}")]
    TypeClash {
        /// Type of the value.
        from: &'static str,
        /// Type that its context wants.
        to: &'static str,
        /// Where.
        position: Option<Position>,
    },
    /// `[Salary] % 2`: no such operator for these types (T-SQL text).
    #[error("The data types {left} and {right} are incompatible in the {operator} operator.")]
    IncompatibleTypes {
        /// Left type.
        left: &'static str,
        /// Right type.
        right: &'static str,
        /// Name of the operator.
        operator: &'static str,
        /// Where.
        position: Option<Position>,
    },
    /// `SUM([Name])` (T-SQL text).
    #[error("Operand data type {ty} is invalid for {function} operator.")]
    InvalidOperand {
        /// Type of the argument.
        ty: &'static str,
        /// The function, in lower case.
        function: String,
        /// Where.
        position: Option<Position>,
    },
    /// `x / 0` (T-SQL text). Storage raises the same when a divisor turns out to be 0 while the statement runs.
    #[error("Divide by zero error encountered.")]
    DivideByZero {
        /// Where; `None` while the statement runs.
        position: Option<Position>,
    },
    /// `WHERE [Active]` (T-SQL text).
    #[error(
        "An expression of non-boolean type specified in a context where a condition is expected, near '{near}'."
    )]
    ConditionExpected {
        /// The expression.
        near: String,
        /// Where.
        position: Option<Position>,
    },
    /// `SELECT [A] = 1 AND 2`: a condition where a value is wanted.
    #[error(
        "Incorrect syntax near '{near}'{}: a value is expected, not a condition",
        at(position)
    )]
    ValueExpected {
        /// The expression.
        near: String,
        /// Where.
        position: Option<Position>,
    },
    /// A column beside an aggregate without being grouped (T-SQL text).
    #[error(
        "Column '{column}' is invalid in the {clause} because it is not contained in either an aggregate function or the GROUP BY clause."
    )]
    NotGrouped {
        /// The column or expression.
        column: String,
        /// `select list`, `HAVING clause` or `ORDER BY clause`.
        clause: &'static str,
        /// Where.
        position: Option<Position>,
    },
    /// An aggregate where none may stand, e.g. in WHERE (T-SQL text, shortened).
    #[error("An aggregate may not appear in the {clause}.")]
    MisplacedAggregate {
        /// The clause.
        clause: &'static str,
        /// Where.
        position: Option<Position>,
    },
    /// `GROUP BY 1` (T-SQL text).
    #[error(
        "Each GROUP BY expression must contain at least one column that is not an outer reference."
    )]
    ConstantInGroupBy {
        /// Where.
        position: Option<Position>,
    },
    /// `ORDER BY 'x'` (T-SQL text).
    #[error("A constant expression was encountered in the ORDER BY list, position {item}.")]
    ConstantInOrderBy {
        /// Item of ORDER BY, from 1.
        item: usize,
        /// Where.
        position: Option<Position>,
    },
    /// `ORDER BY 7` of a shorter select list (T-SQL text).
    #[error(
        "The ORDER BY position number {number} is out of range of the number of items in the select list."
    )]
    OrdinalOutOfRange {
        /// The number.
        number: i64,
        /// Where.
        position: Option<Position>,
    },
    /// T-SQL text.
    #[error("ORDER BY items must appear in the select list if SELECT DISTINCT is specified.")]
    OrderByNotSelected {
        /// Where.
        position: Option<Position>,
    },
    /// Sides of UNION with different numbers of columns, or a column list that does not fit (T-SQL text).
    #[error(
        "All queries combined using a UNION, INTERSECT or EXCEPT operator, and column lists, must have an equal number of expressions."
    )]
    ColumnCount {
        /// Where.
        position: Option<Position>,
    },
    /// A query of several columns as a value (T-SQL text).
    #[error(
        "Only one expression can be specified in the select list when the subquery is not introduced with EXISTS."
    )]
    OneColumnWanted {
        /// Where.
        position: Option<Position>,
    },
    /// A query of several rows as a value (T-SQL text).
    #[error(
        "Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , >, >= or when the subquery is used as an expression."
    )]
    OneRowWanted,
    /// `LEN()` (T-SQL text).
    #[error("The {function} function requires {wanted} argument(s).")]
    ArgumentCount {
        /// Name of the function.
        function: String,
        /// How many it takes.
        wanted: String,
        /// Where.
        position: Option<Position>,
    },
    /// A write to columns that the caller may not edit, or to system columns.
    #[error("Access denied on column(s) {}", columns.join(", "))]
    ColumnsNotEditable {
        /// Their names.
        columns: Vec<String>,
        /// Where.
        position: Option<Position>,
    },
    /// A new row that its writer may not view.
    #[error("Access denied")]
    RowDenied,
    /// A value for system or calculated columns (platform text).
    #[error("Columns {} are readonly and can not be updated", columns.join(", "))]
    ReadOnly {
        /// Their names.
        columns: Vec<String>,
        /// Where.
        position: Option<Position>,
    },
    /// An INSERT that leaves out mandatory columns (platform text).
    #[error("Columns {} are mandatory and must be included in the insert", columns.join(", "))]
    MandatoryMissing {
        /// Their names.
        columns: Vec<String>,
        /// Where.
        position: Option<Position>,
    },
    /// NULL for a mandatory column (platform text).
    #[error("Column {column} is mandatory and a null value is not a valid value")]
    MandatoryNull {
        /// Its name.
        column: String,
    },
    /// A value that a Number column does not take (platform text).
    #[error("Value must be a number.")]
    NumberWanted,
    /// A value that a Yes/No column does not take (platform text).
    #[error("Value must be Yes or No.")]
    YesNoWanted,
    /// A value that a date column does not take (platform text).
    #[error("Value must be a valid date.")]
    DateWanted,
    /// A value that is none of a Choice column's (platform text).
    #[error("Value must be selected from the available options.")]
    NotAnOption,
    /// A text that is longer than its column (platform text).
    #[error("Value must be less than {most} characters")]
    ValueTooLong {
        /// Most characters.
        most: i32,
    },
    /// A number or date below the least value of its column (our text).
    #[error("Value must be {least} or more.")]
    ValueTooSmall {
        /// The least value.
        least: String,
    },
    /// A number or date above the greatest value of its column (our text).
    #[error("Value must be {most} or less.")]
    ValueTooLarge {
        /// The greatest value.
        most: String,
    },
    /// A text that does not match the Validation Expression of its column (our text).
    #[error("Value must match the validation expression of the column.")]
    ValueAgainstPattern,
    /// A link whose target is not there (platform text).
    #[error("Failed to resolve value {value} in column {column} linked to by column {link}")]
    Unresolved {
        /// The value, or the item of its list.
        value: String,
        /// Column of the target.
        column: String,
        /// The link column.
        link: String,
    },
    /// ResolveLink by a column that the target does not have (platform text).
    #[error("Object reference not set to an instance of an object.")]
    NoResolveColumn {
        /// Name as written.
        column: String,
        /// Where.
        position: Option<Position>,
    },
    /// Two live rows with one key (T-SQL text).
    #[error(
        "Cannot insert duplicate key row in object 'dbo.{object}' with unique index '{index}'. The duplicate key value is ({key}). The statement has been terminated."
    )]
    DuplicateKey {
        /// `Tbl101`.
        object: String,
        /// Name of the index.
        index: String,
        /// Values of the row that is too many.
        key: String,
    },
    /// One column twice in SET or in the list of an INSERT (T-SQL text, shortened).
    #[error(
        "The column name '{column}' is specified more than once in the SET clause or column list of an INSERT."
    )]
    AssignedTwice {
        /// Name as written.
        column: String,
        /// Where.
        position: Option<Position>,
    },
    /// INSERT with fewer values than columns (T-SQL text).
    #[error(
        "There are more columns in the INSERT statement than values specified. The number of values must match the number of columns specified in the INSERT statement."
    )]
    TooFewValues {
        /// Where.
        position: Option<Position>,
    },
    /// INSERT with more values than columns (T-SQL text).
    #[error(
        "There are fewer columns in the INSERT statement than values specified. The number of values must match the number of columns specified in the INSERT statement."
    )]
    TooManyValues {
        /// Where.
        position: Option<Position>,
    },
    /// `ROW_NUMBER() OVER (PARTITION BY x)` (T-SQL text).
    #[error("The function '{function}' must have an OVER clause with ORDER BY.")]
    WindowWithoutOrder {
        /// The function.
        function: String,
        /// Where.
        position: Option<Position>,
    },
    /// `RANK() OVER (ORDER BY x ROWS UNBOUNDED PRECEDING)` (T-SQL text).
    #[error("The function '{function}' may not have a window frame.")]
    WindowWithFrame {
        /// The function.
        function: String,
        /// Where.
        position: Option<Position>,
    },
    /// FOR JSON of `1 AS [a.b], 2 AS c, 3 AS [a.d]` (T-SQL text).
    #[error(
        "Property '{name}' cannot be generated in JSON output due to a conflict with another column name or alias. Use different names and aliases for each column in SELECT list."
    )]
    JsonConflict {
        /// The column.
        name: String,
        /// Where.
        position: Option<Position>,
    },
    /// A statement that breaks a rule of T-SQL which is told by its text alone.
    #[error("{text}")]
    Rule {
        /// T-SQL's text.
        text: &'static str,
        /// Where; `None` while the statement runs.
        position: Option<Position>,
    },
    /// A recursive common table expression that went on too long (T-SQL text).
    #[error(
        "The statement terminated. The maximum recursion {most} has been exhausted before statement completion."
    )]
    RecursionExhausted {
        /// Levels that are allowed.
        most: i64,
    },
    /// An error that a script raised itself: RAISERROR or THROW.
    #[error("{message}")]
    Raised {
        /// Its text.
        message: String,
        /// ERROR_NUMBER().
        number: i32,
        /// ERROR_SEVERITY().
        severity: i32,
        /// ERROR_STATE().
        state: i32,
    },
    /// A form in the message of RAISERROR that is none, or does not fit its argument.
    #[error("The format of a message is not valid near '%{near}'{}", at(position))]
    BadMessageFormat {
        /// The form, without `%`.
        near: String,
        /// Where.
        position: Option<Position>,
    },
    /// A temporary table does not take a row.
    #[error(transparent)]
    Temporary(#[from] TemporaryError),
    /// `#t` that no statement made (T-SQL text).
    #[error("Invalid object name '{name}'.")]
    InvalidObject {
        /// Name as written.
        name: String,
        /// Where.
        position: Option<Position>,
    },
    /// A second table of one name (T-SQL text).
    #[error("There is already an object named '{name}' in the database.")]
    ObjectExists {
        /// Name as written.
        name: String,
        /// Where.
        position: Option<Position>,
    },
    /// DROP TABLE of what is not there (T-SQL text).
    #[error(
        "Cannot drop the table '{name}', because it does not exist or you do not have permission."
    )]
    CannotDrop {
        /// Name as written.
        name: String,
        /// Where.
        position: Option<Position>,
    },
    /// Two variables of one name (T-SQL text).
    #[error(
        "The variable name '{name}' has already been declared. Variable names must be unique within a query batch or stored procedure."
    )]
    DeclaredTwice {
        /// Name as written, with `@`.
        name: String,
        /// Where the second one is declared.
        position: Option<Position>,
    },
    /// EXEC with more arguments than the saved query has parameters (T-SQL text).
    #[error("Procedure or function {query} has too many arguments specified.")]
    TooManyArguments {
        /// `Domain.Name` as written.
        query: String,
        /// Where.
        position: Option<Position>,
    },
    /// INSERT with more or fewer values than columns (T-SQL text).
    #[error("Column name or number of supplied values does not match table definition.")]
    InsertColumnCount {
        /// Where.
        position: Option<Position>,
    },
    /// A calculated column or link display that leads back to itself.
    #[error("Column [{column}] depends on itself")]
    Cycle {
        /// Name of the column.
        column: String,
    },
    /// A fragment of the platform's own metadata (row filter, calculated column) does not compile.
    #[error("{source} (in the {fragment})")]
    Fragment {
        /// Which: `calculated column [X] of Employees`.
        fragment: String,
        /// What is wrong with it.
        #[source]
        source: Box<CqlError>,
    },
    /// Expressions nest too deeply for any database.
    #[error("The statement is nested too deeply{}", at(position))]
    NestedTooDeeply {
        /// Where.
        position: Option<Position>,
    },
    /// A list or text is longer than a statement may have.
    #[error("The statement has too many {what}: at most {limit} are allowed")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many are allowed.
        limit: usize,
    },
    /// A table, view or index cannot be made or changed.
    #[error(transparent)]
    Design(#[from] DesignError),
    /// A user-defined function fails when it is called. The text names it.
    #[error("{message}")]
    UserFunction {
        /// The whole text.
        message: String,
    },
    /// Not an error yet: the statement cannot be compiled before this is known. The interpreter finds it out and compiles
    /// again; where nobody can, it is a construct that is not supported.
    #[error("{0} is not supported here")]
    Needs(Box<Need>),
    /// The catalog contradicts itself: a link to a table that is not there.
    #[error("The metadata of {object} is inconsistent")]
    BrokenMetadata {
        /// Full name of the column or table.
        object: String,
    },
}

fn at(position: &Option<Position>) -> String {
    position.map(|p| format!(" at {p}")).unwrap_or_default()
}
