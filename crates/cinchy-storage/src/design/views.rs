//! Views made, changed and dropped.

use cinchy_cql::catalog::{DomainId, TableId, ViewId};
use cinchy_cql::design::ViewContent;

use super::Designer;
use crate::error::Result;
use crate::ids;
use crate::statement::{Bound, execute};

/// Views take their ids like rows of a table that no table of the platform is.
const VIEWS: TableId = 0;

impl Designer<'_> {
    pub(super) fn create_view(
        &mut self,
        domain: DomainId,
        name: &str,
        content: &ViewContent,
    ) -> Result<()> {
        let id = ids::take(self.conn, VIEWS, 1)?;
        execute(
            self.conn,
            "INSERT INTO cql_views (id, domain, name, text, column_list, created_by, created, modified_by, modified) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            &[
                Bound::int(id),
                Bound::int(domain),
                Bound::text(Some(name)),
                Bound::text(Some(content.text.as_str())),
                Bound::text(serde_json::to_string(&content.columns).ok()),
                Bound::int(self.stamp.user),
                Bound::date_time(self.stamp.at),
                Bound::int(self.stamp.user),
                Bound::date_time(self.stamp.at),
            ],
        )?;
        Ok(())
    }

    pub(super) fn alter_view(&mut self, view: ViewId, content: &ViewContent) -> Result<()> {
        execute(
            self.conn,
            "UPDATE cql_views SET text = $1, column_list = $2, modified_by = $3, modified = $4 WHERE id = $5",
            &[
                Bound::text(Some(content.text.as_str())),
                Bound::text(serde_json::to_string(&content.columns).ok()),
                Bound::int(self.stamp.user),
                Bound::date_time(self.stamp.at),
                Bound::int(view),
            ],
        )?;
        Ok(())
    }

    pub(super) fn drop_views(&mut self, views: &[ViewId]) -> Result<()> {
        for view in views {
            let sql = "DELETE FROM cql_views WHERE id = $1";
            execute(self.conn, sql, &[Bound::int(*view)])?;
        }
        Ok(())
    }
}
