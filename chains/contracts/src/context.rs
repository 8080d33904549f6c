//! A host as contracts see it: every operation is charged before it runs, keys are name-spaced,
//! and what fails can be undone.

use causeway_core::gmp::AccountIdentifier;
use causeway_core::transfer::Denom;
use causeway_core::{Amount, ClientId, Event, Height, PacketPath, PortId, Timestamp, refusals};

use crate::app::AppError;
use crate::host::{Account, Host, KeyValue, Movement, Order, OutOfGas, Scan, Token, Work};
use crate::overlay::Overlay;

/// Where the applications' keys are, each under its own port.
const APPS: &[u8] = b"apps/";

/// A host during one call. There is no way to the host itself, so that whoever is given a context
/// can neither work unpaid, nor reach another's keys, nor call the packet handlers from within a
/// callback of theirs.
pub struct Context<'a> {
    host: &'a mut (dyn Host + 'a),
    namespace: Vec<u8>,
    port: Option<PortId>,
    in_callback: bool,
    is_exhausted: bool,
}

impl core::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Context")
            .field("namespace", &String::from_utf8_lossy(&self.namespace))
            .field("in_callback", &self.in_callback)
            .field("is_exhausted", &self.is_exhausted)
            .finish_non_exhaustive()
    }
}

/// A movement of tokens that is not possible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BankError {
    /// The account has less.
    #[error("the account has {got} of {token}, {expected} are needed")]
    InsufficientBalance {
        /// What moves.
        token: Token,
        /// What the account has.
        got: Amount,
        /// What it should give.
        expected: Amount,
    },
    /// More of the token than can be counted.
    #[error("{amount} more of {token} cannot be counted")]
    SupplyOverflow {
        /// What should be minted.
        token: Token,
        /// How much of it.
        amount: Amount,
    },
}

refusals! {
    BankError {
        InsufficientBalance { token, got, expected } => "insufficient_balance", Reject;
        SupplyOverflow { token, amount } => "supply_overflow", Reject;
    }
}

impl<'a> Context<'a> {
    /// A call on `host`, from outside.
    pub fn new(host: &'a mut (dyn Host + 'a)) -> Self {
        Self { host, namespace: Vec::new(), port: None, in_callback: false, is_exhausted: false }
    }

    /// Takes the price of `work`. Once there is not enough, every further work is refused.
    pub fn charge(&mut self, work: Work) -> Result<(), OutOfGas> {
        if self.is_exhausted {
            return Err(OutOfGas);
        }
        let charged = self.host.charge(work);
        self.is_exhausted = charged.is_err();
        charged
    }

    /// The time of this block.
    pub fn now(&self) -> Timestamp {
        self.host.now()
    }

    /// The height of this block.
    pub fn height(&self) -> Height {
        self.host.height()
    }

    /// Runs `call` all or nothing: when it fails, nothing it wrote, moved or reported remains.
    /// Running out of gas is a failure even where `call` keeps silent about it.
    pub fn attempt<T, E: From<OutOfGas>>(
        &mut self,
        call: impl FnOnce(&mut Context<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut overlay = Overlay::new(self.host);
        let mut inner = Context {
            host: &mut overlay,
            namespace: self.namespace.clone(),
            port: self.port.clone(),
            in_callback: self.in_callback,
            is_exhausted: self.is_exhausted,
        };
        let result = call(&mut inner);
        self.is_exhausted = inner.is_exhausted;
        if self.is_exhausted {
            return Err(OutOfGas.into());
        }
        if result.is_ok() {
            overlay.commit();
        }
        result
    }

    /// Runs `call` on the keys of the application at `port`, as a message of its own users does.
    /// Inside an application this only leads further into its own keys, and it stays who it is.
    pub fn as_app<T>(&mut self, port: &PortId, call: impl FnOnce(&mut Context<'_>) -> T) -> T {
        let namespace = [&self.namespace, APPS, port.as_str().as_bytes(), b"/"].concat();
        let port = self.port.clone().unwrap_or_else(|| port.clone());
        self.nested(namespace, Some(port), self.in_callback, call)
    }

    /// Runs `call` on the keys below `name`, which has no slash, inside those of this context.
    pub fn within<T>(&mut self, name: &str, call: impl FnOnce(&mut Context<'_>) -> T) -> T {
        let namespace = [&self.namespace, name.as_bytes(), b"/"].concat();
        self.nested(namespace, self.port.clone(), self.in_callback, call)
    }

    /// Runs a callback of the application at `port`: until it returns, no handler can be entered.
    pub(crate) fn callback<T>(
        &mut self,
        port: &PortId,
        call: impl FnOnce(&mut Context<'_>) -> T,
    ) -> T {
        let namespace = [APPS, port.as_str().as_bytes(), b"/"].concat();
        self.nested(namespace, Some(port.clone()), true, call)
    }

    /// Runs `call` on the keys of the core, on behalf of an application.
    pub(crate) fn as_core<T>(&mut self, call: impl FnOnce(&mut Context<'_>) -> T) -> T {
        self.nested(Vec::new(), None, self.in_callback, call)
    }

    fn nested<T>(
        &mut self,
        namespace: Vec<u8>,
        port: Option<PortId>,
        in_callback: bool,
        call: impl FnOnce(&mut Context<'_>) -> T,
    ) -> T {
        let is_exhausted = self.is_exhausted;
        let mut inner = Context { host: self.host, namespace, port, in_callback, is_exhausted };
        let result = call(&mut inner);
        self.is_exhausted = inner.is_exhausted;
        result
    }

    /// The application whose keys these are.
    pub fn port(&self) -> Option<&PortId> {
        self.port.as_ref()
    }

    /// True inside a callback.
    pub(crate) fn in_callback(&self) -> bool {
        self.in_callback
    }

    /// The host, to be read only: what is read is to be charged beforehand.
    pub(crate) fn host(&self) -> &(dyn Host + 'a) {
        self.host
    }
}

/// Traces of packets.
impl Context<'_> {
    /// The value at `path`.
    pub(crate) fn trace(&mut self, path: &PacketPath) -> Result<Option<Vec<u8>>, OutOfGas> {
        self.charge(Work::Read)?;
        Ok(self.host.trace(path))
    }

    /// Writes a value.
    pub(crate) fn set_trace(&mut self, path: PacketPath, value: Vec<u8>) -> Result<(), OutOfGas> {
        self.charge(Work::Write(value.len()))?;
        self.host.set_trace(path, value);
        Ok(())
    }

    /// Removes the value at `path`.
    pub(crate) fn delete_trace(&mut self, path: &PacketPath) -> Result<(), OutOfGas> {
        self.charge(Work::Write(0))?;
        self.host.delete_trace(path);
        Ok(())
    }
}

/// State.
impl Context<'_> {
    fn full_key(&self, key: &[u8]) -> Vec<u8> {
        [&self.namespace, key].concat()
    }

    /// The value at `key`.
    pub fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, OutOfGas> {
        self.charge(Work::Read)?;
        let value = self.host.get(&self.full_key(key));
        self.charge(Work::ReadBytes(value.as_ref().map_or(0, Vec::len)))?;
        Ok(value)
    }

    /// Writes a value.
    pub fn set(&mut self, key: &[u8], value: Vec<u8>) -> Result<(), OutOfGas> {
        let key = self.full_key(key);
        self.charge(Work::Write(key.len().saturating_add(value.len())))?;
        self.host.set(key, value);
        Ok(())
    }

    /// Removes the value at `key`, if there is one.
    pub fn delete(&mut self, key: &[u8]) -> Result<(), OutOfGas> {
        let key = self.full_key(key);
        self.charge(Work::Write(key.len()))?;
        self.host.delete(&key);
        Ok(())
    }

    /// The entries that `scan` asks for; its keys, and those of the answer, are within this
    /// context's own.
    pub fn scan(&mut self, scan: &Scan<'_>) -> Result<Vec<KeyValue>, OutOfGas> {
        self.charge(Work::Scan(scan.limit))?;
        let prefix = self.full_key(scan.prefix);
        let after = scan.after.map(|after| self.full_key(after));
        let full = Scan { prefix: &prefix, after: after.as_deref(), ..*scan };
        let mut found = self.host.scan(&full);
        let bytes = found.iter().map(|(key, value)| key.len().saturating_add(value.len()));
        self.charge(Work::ReadBytes(bytes.fold(0, usize::saturating_add)))?;
        for (key, _) in &mut found {
            key.drain(..self.namespace.len().min(key.len()));
        }
        Ok(found)
    }

    /// The first `limit` entries with `prefix`, smallest key first.
    pub fn first(&mut self, prefix: &[u8], limit: usize) -> Result<Vec<KeyValue>, OutOfGas> {
        self.scan(&Scan { prefix, after: None, order: Order::Ascending, limit })
    }

    /// Reports an event.
    pub fn emit(&mut self, event: Event) -> Result<(), OutOfGas> {
        self.charge(Work::Emit)?;
        self.host.emit(event);
        Ok(())
    }
}

/// Tokens and accounts.
impl Context<'_> {
    /// What `account` has of `token`.
    pub fn balance(&mut self, account: &Account, token: &Token) -> Result<Amount, OutOfGas> {
        self.charge(Work::Read)?;
        Ok(self.host.balance(account, token))
    }

    /// What there is of `token` in all.
    pub fn supply(&mut self, token: &Token) -> Result<Amount, OutOfGas> {
        self.charge(Work::Read)?;
        Ok(self.host.supply(token))
    }

    /// Moves tokens from one account to another.
    pub fn transfer(
        &mut self,
        from: &Account,
        to: &Account,
        token: &Token,
        amount: Amount,
    ) -> Result<(), AppError> {
        self.move_tokens(Some(from), Some(to), token, amount)
    }

    /// Makes tokens.
    pub fn mint(&mut self, to: &Account, token: &Token, amount: Amount) -> Result<(), AppError> {
        self.move_tokens(None, Some(to), token, amount)
    }

    /// Unmakes tokens.
    pub fn burn(&mut self, from: &Account, token: &Token, amount: Amount) -> Result<(), AppError> {
        self.move_tokens(Some(from), None, token, amount)
    }

    fn move_tokens(
        &mut self,
        from: Option<&Account>,
        to: Option<&Account>,
        token: &Token,
        amount: Amount,
    ) -> Result<(), AppError> {
        self.charge(Work::MoveTokens)?;
        if let Some(from) = from {
            let got = self.host.balance(from, token);
            if got < amount {
                let token = token.clone();
                return Err(BankError::InsufficientBalance { token, got, expected: amount }.into());
            }
        }
        // No balance exceeds the supply, so that only minting can overflow one.
        if from.is_none() && self.host.supply(token).checked_add(amount).is_none() {
            return Err(BankError::SupplyOverflow { token: token.clone(), amount }.into());
        }
        let (from, to) = (from.cloned(), to.cloned());
        self.host.apply(Movement { token: token.clone(), amount, from, to });
        Ok(())
    }

    /// See [`crate::Bank::token`]. Vouchers are named by a hash, which is charged.
    pub fn token(&mut self, denom: &Denom) -> Result<Token, OutOfGas> {
        self.charge(Work::Hash(denom.to_string().len()))?;
        Ok(self.host.token(denom))
    }

    /// See [`crate::Accounts::parse_account`].
    pub fn parse_account(&self, text: &str) -> Option<Account> {
        self.host.parse_account(text)
    }

    /// See [`crate::Accounts::format_account`].
    pub fn format_account(&self, account: &Account) -> String {
        self.host.format_account(account)
    }

    /// See [`crate::Accounts::is_authority`].
    pub fn is_authority(&self, account: &Account) -> bool {
        self.host.is_authority(account)
    }

    /// See [`crate::Accounts::escrow_account`].
    pub fn escrow_account(&self, port: &PortId, client: &ClientId) -> Account {
        self.host.escrow_account(port, client)
    }

    /// See [`crate::Accounts::derived_account`].
    pub fn derived_account(&self, owner: &AccountIdentifier) -> Account {
        self.host.derived_account(owner)
    }
}
