//! What else is known of an error: its place in the text, and whether it is about rights.

use super::{CqlError, Position};

impl CqlError {
    /// Where in the text, when it is known.
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::Syntax { position, .. }
            | Self::Unsupported { position, .. }
            | Self::TableNotFound { position, .. }
            | Self::TableWithoutDomain { position, .. }
            | Self::ColumnNotFound { position, .. }
            | Self::AmbiguousColumn { position, .. }
            | Self::DuplicateAlias { position, .. }
            | Self::TableDenied { position, .. }
            | Self::ColumnDenied { position, .. }
            | Self::CalculatedDenied { position, .. }
            | Self::UndeclaredVariable { position, .. }
            | Self::TypeClash { position, .. }
            | Self::IncompatibleTypes { position, .. }
            | Self::InvalidOperand { position, .. }
            | Self::DivideByZero { position }
            | Self::ConditionExpected { position, .. }
            | Self::ValueExpected { position, .. }
            | Self::NotGrouped { position, .. }
            | Self::MisplacedAggregate { position, .. }
            | Self::ConstantInGroupBy { position }
            | Self::ConstantInOrderBy { position, .. }
            | Self::OrdinalOutOfRange { position, .. }
            | Self::OrderByNotSelected { position }
            | Self::ColumnCount { position }
            | Self::OneColumnWanted { position }
            | Self::ArgumentCount { position, .. }
            | Self::BadMessageFormat { position, .. }
            | Self::InvalidObject { position, .. }
            | Self::ObjectExists { position, .. }
            | Self::DeclaredTwice { position, .. }
            | Self::CannotDrop { position, .. }
            | Self::TooManyArguments { position, .. }
            | Self::InsertColumnCount { position }
            | Self::ColumnsNotEditable { position, .. }
            | Self::ReadOnly { position, .. }
            | Self::MandatoryMissing { position, .. }
            | Self::NoResolveColumn { position, .. }
            | Self::AssignedTwice { position, .. }
            | Self::TooFewValues { position }
            | Self::TooManyValues { position }
            | Self::Rule { position, .. }
            | Self::JsonConflict { position, .. }
            | Self::WindowWithoutOrder { position, .. }
            | Self::WindowWithFrame { position, .. }
            | Self::CastNotAllowed { position, .. }
            | Self::UnknownDatePart { position, .. }
            | Self::BadScale { position, .. }
            | Self::NestedTooDeeply { position } => *position,
            Self::Design(error) => error.position(),
            Self::UserFunction { .. } | Self::Needs(_) => None,
            Self::NotANumber { .. }
            | Self::NotOfType { .. }
            | Self::ConversionError { .. }
            | Self::NotMoney
            | Self::NotAGuid
            | Self::NotADate { .. }
            | Self::InvalidFloat
            | Self::InvalidLength { .. }
            | Self::UnequalTranslation
            | Self::InvalidArgument { .. }
            | Self::NoCharacterZero
            | Self::EmptySearch
            | Self::SearchSyntax { .. }
            | Self::Json(_)
            | Self::Temporary(_)
            | Self::FunctionFailed { .. }
            | Self::DateOutOfRange { .. }
            | Self::UnknownStyle { .. }
            | Self::Overflow { .. }
            | Self::DateOverflow { .. }
            | Self::DateDifferenceOverflow { .. }
            | Self::BadDateParts { .. }
            | Self::WrongDatePart { .. }
            | Self::BadOffset { .. }
            | Self::OneRowWanted
            | Self::RecursionExhausted { .. }
            | Self::Raised { .. }
            | Self::RowDenied
            | Self::MandatoryNull { .. }
            | Self::NumberWanted
            | Self::YesNoWanted
            | Self::DateWanted
            | Self::NotAnOption
            | Self::ValueTooLong { .. }
            | Self::ValueTooSmall { .. }
            | Self::ValueTooLarge { .. }
            | Self::ValueAgainstPattern
            | Self::Unresolved { .. }
            | Self::DuplicateKey { .. }
            | Self::Cycle { .. }
            | Self::Fragment { .. }
            | Self::TooMany { .. }
            | Self::BrokenMetadata { .. } => None,
        }
    }

    /// Whether the caller lacks a right on a table or column.
    pub fn is_access_denied(&self) -> bool {
        match self {
            Self::TableDenied { .. }
            | Self::ColumnDenied { .. }
            | Self::CalculatedDenied { .. }
            | Self::ColumnsNotEditable { .. }
            | Self::RowDenied => true,
            Self::Fragment { source, .. } => source.is_access_denied(),
            _ => false,
        }
    }

    /// The error as one of a fragment of metadata. Denials keep their text, which clients know.
    pub(crate) fn in_fragment(self, fragment: impl FnOnce() -> String) -> Self {
        match self {
            e if e.is_access_denied() => e,
            e @ (Self::Fragment { .. } | Self::Cycle { .. } | Self::Needs(_)) => e,
            e => Self::Fragment {
                fragment: fragment(),
                source: Box::new(e),
            },
        }
    }
}
