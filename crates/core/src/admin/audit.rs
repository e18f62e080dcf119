//! What was done: read, judged, and written down.

use super::{Admin, AdminError, PAGE};
use crate::audit::{
    AuditFilter, AuditKey, AuditReport, AuditRow, Base, Checkpoint, Digest, Order, Position, StoredChain,
    Walk,
};
use crate::id::{EnvironmentName, Text};
use crate::intent::Intent;
use crate::key_ring::KeyRing;
use crate::operator;
use crate::store::Page;

impl Admin {
    /// A page of what was done.
    pub async fn audit(
        &self,
        filter: &AuditFilter,
        order: Order,
        page: &Page<Position>,
    ) -> Result<Vec<AuditRow>, AdminError> {
        Ok(self.store.audit_rows(filter, order, page).await?)
    }

    /// Writes down that an operator was refused, and why in a few words.
    pub async fn record_refusal(
        &self,
        target: &str,
        environment: Option<EnvironmentName>,
        why: Option<Text>,
    ) -> Result<(), AdminError> {
        let mut asked = self.clone();
        asked.asked.reason = why;
        asked.commit(&[Intent::RecordRefusal { target: target.to_owned(), environment }]).await.map(drop)
    }

    /// Walks over the whole chain, and says what does not fit; with a checkpoint, also whether the history is still the
    /// one that it speaks of. Commits and purges may go on meanwhile.
    pub async fn verify_audit(&self, checkpoint: Option<&str>) -> Result<AuditReport, AdminError> {
        self.verify(checkpoint).await.map(|(report, _)| report)
    }

    /// The same for the newest rows alone, so many at most, in one read: for whoever looks often. The report's base is
    /// the row that they begin after; `true` where they are all that there are.
    pub async fn verify_audit_tail(&self, most: u32) -> Result<(AuditReport, bool), AdminError> {
        let chain = self.chain().await?;
        let everything = AuditFilter::default();
        let page = Page::first(most.saturating_add(1));
        let newest = self.store.audit_rows(&everything, Order::NewestFirst, &page).await?;
        if newest.len() <= most as usize {
            return Ok((self.verify_audit(None).await?, true));
        }
        let mut rows = newest.iter().rev();
        // What stands outside of the chain says nothing of the next row.
        let begins = rows.find_map(|row| Some((row, Digest::try_from(row.digest.as_slice()).ok()?)));
        let Some((first, digest)) = begins else { return Ok((self.verify_audit(None).await?, true)) };
        let key = AuditKey::open(&chain.key, &self.master)?;
        let base = Base { at: first.at, time: first.time, digest };
        let base_mac = key.base_mac(&base);
        let mut walk = Walk::new(key, StoredChain { base, base_mac, ..chain.clone() }, None);
        for row in rows {
            if row.at <= chain.head { walk.step(row) } else { walk.pass(row) }
        }
        let head = self.chain().await?.head;
        Ok((walk.end(head), false))
    }

    /// The report, and the chain that it is about.
    async fn verify(&self, checkpoint: Option<&str>) -> Result<(AuditReport, StoredChain), AdminError> {
        let mut walked = self.walk(checkpoint).await?;
        loop {
            let (report, chain) = walked;
            let again = self.chain().await?;
            // What was purged meanwhile is no finding.
            if report.whole || again.base == chain.base {
                return Ok((report, chain));
            }
            walked = self.walk(checkpoint).await?;
        }
    }

    /// What the chain is now, signed. It is walked over first, so that nobody vouches for what does not fit.
    pub async fn checkpoint(&self) -> Result<(String, AuditReport), AdminError> {
        let (report, chain) = self.verify(None).await?;
        if !report.whole {
            return Err(AdminError::AuditBroken { found: report.found });
        }
        let key = AuditKey::open(&chain.key, &self.master)?;
        let ring = self.own_keys().await?;
        let signer = ring
            .signer(&EnvironmentName::management(), operator::ALGORITHM)
            .ok_or(AdminError::NoCheckpointKey)?;
        let checkpoint = Checkpoint {
            at: chain.head,
            digest: chain.head_digest,
            time: self.clock.now(),
            rows: report.rows,
        };
        let statement =
            checkpoint.sign(&key, signer).map_err(|why| AdminError::KeyNotMade(why.to_string()))?;
        Ok((statement, report))
    }

    async fn chain(&self) -> Result<StoredChain, AdminError> {
        self.store.audit_chain().await?.ok_or(AdminError::NoAuditChain)
    }

    /// The keys of `management`, which sign checkpoints.
    async fn own_keys(&self) -> Result<KeyRing, AdminError> {
        let stored = self.store.keys().await?.value;
        let place = EnvironmentName::management();
        let mine: Vec<_> = stored.signing.into_iter().filter(|key| key.environment == place).collect();
        Ok(KeyRing::open(&mine, &self.master, &KeyRing::default())?)
    }

    /// One walk up to the head that stood when it began.
    async fn walk(&self, checkpoint: Option<&str>) -> Result<(AuditReport, StoredChain), AdminError> {
        let chain = self.chain().await?;
        let key = AuditKey::open(&chain.key, &self.master)?;
        let read = checkpoint.map(|text| Checkpoint::read(text, &key)).transpose()?;
        let mut walk = Walk::new(key, chain.clone(), read);
        if let Some(text) = checkpoint {
            let keys = self.own_keys().await?;
            walk.signed(Checkpoint::judge_signature(text, keys.environment(&EnvironmentName::management()))?);
        }
        let everything = AuditFilter::default();
        let mut page = Page::first(PAGE);
        loop {
            let rows = self.store.audit_rows(&everything, Order::OldestFirst, &page).await?;
            page.after = rows.last().map(|row| row.at);
            for row in &rows {
                if row.at <= chain.head { walk.step(row) } else { walk.pass(row) }
            }
            if rows.len() < PAGE as usize {
                let head = self.chain().await?.head;
                return Ok((walk.end(head), chain));
            }
        }
    }
}
