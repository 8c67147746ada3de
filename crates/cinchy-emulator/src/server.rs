//! Start and stop.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc;
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpResponse, HttpServer, web};
use cinchy_auth::{IssuerRule, PlainSecret};
use cinchy_storage::instance_states::{self, ClockSetting};
use cinchy_storage::seeding::{self, SeedTexts};
use cinchy_storage::{
    Base, Database, Options, Scratch, StorageError, Templates, base, clients, state, users,
};
use cinchy_web::edge::{self, RequestIds};
use cinchy_web::faults::Socket;
use cinchy_web::{
    ControlAccess, DEFAULT_NAME, Instance, InstanceOptions, NewKey, Platform, PlatformOptions,
    health,
};

use crate::banner::{Banner, Credentials, Ready, segment, write_locator};
use crate::config::Serve;
use crate::error::StartError;
use crate::listen::listen;
use crate::telemetry::Exporter;
use crate::tls;

/// Version of this program.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Seconds that requests under way have when the server stops.
const DRAIN: u64 = 5;

/// A started emulator. It stops when it is dropped.
pub struct Running {
    /// Address of the first socket.
    pub address: SocketAddr,
    /// URLs and ready credentials.
    pub ready: Ready,
    /// Text to greet with.
    pub banner: String,
    /// Files that go with the process. Threads that end late would keep them otherwise.
    scratch: Arc<Scratch>,
    exporter: Option<Exporter>,
    stopper: Stopper,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

/// Stops a server from elsewhere, for example from a signal.
#[derive(Clone)]
pub struct Stopper {
    /// Not its owner: the database goes when the server has stopped.
    platform: Weak<Platform>,
    handle: ServerHandle,
}

impl Stopper {
    /// Stops it; `graceful` lets requests under way end.
    pub fn stop(&self, graceful: bool) {
        // Streams have no end of their own.
        if let Some(platform) = self.platform.upgrade() {
            platform.stop();
        }
        // The command is in the channel when the future exists; it need not be polled.
        drop(self.handle.stop(graceful));
    }
}

impl Running {
    /// A handle that stops the server from elsewhere, for example from a signal.
    pub fn handle(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Waits until the server has stopped.
    ///
    /// # Errors
    /// The server's.
    pub fn wait(mut self) -> std::io::Result<()> {
        self.join()
    }

    /// Stops: requests under way end, temporary data goes.
    ///
    /// # Errors
    /// The server's.
    pub fn stop(mut self) -> std::io::Result<()> {
        self.signal();
        self.join()
    }

    fn signal(&self) {
        self.stopper.stop(true);
    }

    fn join(&mut self) -> std::io::Result<()> {
        let result = match self.thread.take().map(JoinHandle::join) {
            None => return Ok(()),
            Some(Ok(result)) => result,
            Some(Err(_)) => Err(std::io::Error::other("the server thread ended early")),
        };
        if let Some(exporter) = self.exporter.take() {
            exporter.finish();
        }
        if let Err(error) = self.scratch.remove()
            && error.kind() != ErrorKind::NotFound
        {
            tracing::warn!(%error, "temporary files could not be removed");
        }
        result
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.signal();
            if let Err(error) = self.join() {
                tracing::error!(%error, "the server stopped with an error");
            }
        }
    }
}

/// Starts an emulator: database, seed, listener. It serves when this returns.
///
/// # Errors
/// See [`StartError`]; nothing is left behind then.
pub fn start(options: &Serve) -> Result<Running, StartError> {
    start_from(options, None)
}

/// Starts an emulator, for whoever starts many: one on a temporary database is a copy of an earlier one with the same seeds,
/// whose generated secrets it has too.
///
/// # Errors
/// As [`start`].
pub fn start_from(options: &Serve, templates: Option<&Templates>) -> Result<Running, StartError> {
    let public_url = options.public_url.as_deref();
    let base_path = options.base_path.as_deref().unwrap_or_default();
    let setting = |error: &dyn std::fmt::Display| StartError::Setting(error.to_string());
    let issuers = IssuerRule::new(public_url, base_path, None).map_err(|error| setting(&error))?;
    let control = control_access(options)?;
    // The port is asked for first: it is what fails most, and it should not cost a database.
    let sockets = listen(options.listen)?;
    let address = sockets[0].local_addr().map_err(StartError::Server)?;

    let texts = seed_texts(options)?;
    let templates = templates.filter(|_| options.database.is_none());
    let template = templates.and_then(|templates| templates.find(&texts.fingerprint()));
    // A new database needs a key, and making one takes longer than all the rest: it is made beside it, and waited for when
    // somebody asks for it. A copy is there so soon that the key would only be in its way.
    let spare_key = (template.is_none() && is_new(options)).then(NewKey::begin);
    let open = || {
        Database::open(&Options {
            url: options.database.clone(),
            pool_size: 0,
            template: template.clone(),
        })
    };
    let read = || match &template {
        Some(template) => {
            let base = Base::of_template(template);
            let credentials = Credentials::of(base.prepared().seeds());
            Ok((base, credentials, true))
        }
        None => {
            let seeds = texts.parse()?;
            let credentials = Credentials::of(&seeds.seeds);
            let suit = Templates::suit(&seeds);
            let prepared = seeding::prepare(seeds, seeding::Mode::Replace)?;
            Ok::<_, StartError>((Base::new(prepared), credentials, suit))
        }
    };
    let now = chrono::Utc::now();
    // Seeds are read while the database is opened, where one with errors would leave nothing behind.
    let beside = template.is_none() && leaves_nothing(options);
    let ((base, mut credentials, suit), database) = if beside {
        std::thread::scope(|scope| {
            let opened = std::thread::Builder::new()
                .name("open".to_owned())
                .spawn_scoped(scope, open)
                .map_err(StartError::Server)?;
            let seeds = read();
            let database = opened
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok::<_, StartError>((seeds?, database?))
        })?
    } else {
        (read()?, open()?)
    };
    let templates = templates.filter(|_| suit);
    let mut notes = Vec::new();
    let prepared = base.prepared();
    let query = prepared.seeds().iter().flat_map(|s| &s.queries).next();
    let mut query = query.map(|q| format!("{}/{}", segment(&q.domain), segment(&q.name)));
    let mut of_others = false;
    match seeding::apply_once(&database, prepared, now)? {
        None if template.is_some() => {}
        Some(warnings) => {
            notes.extend(warnings);
            base.copy_of(&database)?;
            // With what was generated.
            credentials = Credentials::of(prepared.seeds());
            if let Some(templates) = templates
                && let Some(template) = base.template(&database)?
            {
                templates.keep(template);
            }
        }
        None if options.reseed => {
            database.write_shared(|conn, schema| {
                instance_states::set_clock(conn, schema, DEFAULT_NAME, ClockSetting::Real)
            })?;
            credentials = Credentials::of(prepared.seeds());
            notes.extend(seeding::apply(
                &database,
                prepared,
                seeding::Mode::Replace,
                now,
            )?);
            base.copy_of(&database)?;
        }
        None => {
            let seeded = database.read(|conn| state::seeded(conn))?;
            if seeded.is_some_and(|s| s.fingerprint != prepared.fingerprint()) {
                // Whoever names seeds wants a reset to go to them.
                of_others = options.seed.is_empty();
                credentials = Credentials::of_data(database.read(|conn| clients::list(conn))?);
                query = None;
                notes.push(format!(
                    "the database was seeded before, and not with this seed; {}start with --reseed to replace its data",
                    if of_others {
                        "a reset is refused, since it would replace the data: start with `--seed` and the file that it was made of, or "
                    } else {
                        ""
                    }
                ));
            }
        }
    }
    let base = if of_others {
        base.beside_others()
    } else {
        base
    };
    if !address.ip().is_loopback() {
        refuse_known_password(&database, address)?;
    }
    let database_name = match &options.database {
        None => "a temporary SQLite file, removed at exit".to_owned(),
        Some(_) => database.location(),
    };
    let scratch = database.scratch();
    let tls = tls::of(options, address, &scratch, now)?;
    notes.extend(tls.as_ref().and_then(|tls| tls.note.clone()));
    let instance = Arc::new(Instance::new(InstanceOptions {
        name: None,
        database,
        issuers,
        token_profile: options.token_profile.into(),
        spare_key,
        keys: None,
        base: Arc::new(base),
        hashing: Arc::default(),
    })?);
    if instance.clock().setting() != ClockSetting::Real {
        notes.push(format!(
            "the clock was moved before and shows {}; `DELETE /_emulator/clock` sets it right",
            instance.clock().now().format("%Y-%m-%d %H:%M:%S UTC")
        ));
    }
    let platform_options = PlatformOptions {
        version: VERSION,
        public_url: options
            .public_url
            .as_ref()
            .map(|u| u.trim().trim_end_matches('/').to_lowercase()),
        base_path: canonical_base(base_path),
        faithful: options.faithful,
        token_profile: options.token_profile.into(),
        control,
        loopback: address.ip().is_loopback(),
    };
    let ready = ready(options, &platform_options, address, &credentials);
    let (exporter, spans) = Exporter::start(&options.telemetry)?.unzip();
    let platform = Platform::new(platform_options, instance).with_spans(spans);
    let platform = Arc::new(platform);
    let weak = Arc::downgrade(&platform);
    platform.watch(options.instance_idle);
    let first = template
        .is_some()
        .then(|| platform.default_instance().clone());
    let (handle, thread) = serve(
        platform,
        sockets,
        tls.map(|tls| tls.config),
        options.workers,
    )?;
    if let Some(instance) = first {
        instance.begin_key();
    }
    let banner = Banner {
        ready: &ready,
        credentials: &credentials,
        database: &database_name,
        notes: &notes,
        query: query.as_deref(),
        version: VERSION,
    }
    .to_string();
    let running = Running {
        address,
        ready,
        banner,
        scratch,
        exporter,
        stopper: Stopper {
            platform: weak,
            handle,
        },
        thread: Some(thread),
    };
    if let Some(path) = &options.locator {
        write_locator(path, &running.ready).map_err(|source| StartError::Locator {
            path: path.clone(),
            source,
        })?;
    }
    Ok(running)
}

fn seed_texts(options: &Serve) -> Result<SeedTexts, StorageError> {
    if options.no_seed {
        Ok(SeedTexts::none())
    } else if options.seed.is_empty() {
        Ok(SeedTexts::demo())
    } else {
        SeedTexts::of_files(&options.seed)
    }
}

/// Whether the database will be made by this start, as far as can be told without opening it.
fn is_new(options: &Serve) -> bool {
    match sqlite_file(options) {
        Some(path) => !path.exists(),
        None => options.database.is_none(),
    }
}

/// The file that was asked for, if it is one.
fn sqlite_file(options: &Serve) -> Option<&Path> {
    let path = options.database.as_deref()?.strip_prefix("sqlite:")?;
    Some(Path::new(path.trim_start_matches("//")))
}

/// Whether opening the database changes nothing that stays: a temporary one, or a file that is there.
fn leaves_nothing(options: &Serve) -> bool {
    options.database.is_none() || sqlite_file(options).is_some_and(Path::exists)
}

fn control_access(options: &Serve) -> Result<ControlAccess, StartError> {
    match &options.control_token {
        _ if options.no_control => Ok(ControlAccess::Off),
        Some(token) if token.trim().is_empty() => Err(StartError::Setting(
            "the control token is empty; give one, or leave the option out".to_owned(),
        )),
        Some(token) => Ok(ControlAccess::Token(PlainSecret::new(token.as_str()))),
        None if options.listen.ip().is_loopback() => Ok(ControlAccess::Loopback),
        None => Ok(ControlAccess::Off),
    }
}

/// Lower case, a leading slash and none at the end; empty for none.
fn canonical_base(path: &str) -> String {
    let path = path.trim().trim_matches('/').to_lowercase();
    if path.is_empty() {
        path
    } else {
        format!("/{path}")
    }
}

fn refuse_known_password(database: &Database, address: SocketAddr) -> Result<(), StartError> {
    let admin = database.read(|conn| {
        users::find(
            conn,
            users::ADMINISTRATOR,
            cinchy_auth::LockoutPolicy::default(),
        )
    })?;
    let known = admin
        .and_then(|user| user.password)
        .is_some_and(|hash| hash.as_phc() == base::ADMIN_PASSWORD_HASH);
    if known {
        return Err(StartError::KnownPassword(address));
    }
    Ok(())
}

fn ready(
    options: &Serve,
    platform: &PlatformOptions,
    address: SocketAddr,
    credentials: &Credentials,
) -> Ready {
    // Never 127.0.0.1: to a browser it is another site than localhost, and silent refresh fails across the two.
    let origin = platform.public_url.clone().unwrap_or_else(|| {
        let ip = address.ip();
        let scheme = if options.serves_https() {
            "https"
        } else {
            "http"
        };
        if ip.is_loopback() || ip.is_unspecified() {
            format!("{scheme}://localhost:{}", address.port())
        } else {
            format!("{scheme}://{address}")
        }
    });
    let url = format!("{origin}{}", platform.base_path);
    let (client_id, client_secret) = credentials.client.clone().unzip();
    let (username, password) = credentials.user.clone().unzip();
    Ready {
        sso_url: url.clone(),
        admin_url: format!("{url}/admin"),
        control_url: (!matches!(platform.control, ControlAccess::Off))
            .then(|| format!("{url}/_emulator")),
        url,
        pid: std::process::id(),
        client_id,
        client_secret: client_secret.flatten(),
        username,
        password,
    }
}

type Served = (ServerHandle, JoinHandle<std::io::Result<()>>);

/// Runs the server on a thread of its own, so that it needs no runtime of the caller's.
fn serve(
    platform: Arc<Platform>,
    sockets: Vec<std::net::TcpListener>,
    tls: Option<rustls::ServerConfig>,
    workers: Option<usize>,
) -> Result<Served, StartError> {
    let (send, receive) = mpsc::channel();
    let thread = std::thread::Builder::new()
        .name("emulator".to_owned())
        .spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let platform = web::Data::from(platform);
                let ids = web::Data::new(RequestIds::default());
                let mut server = HttpServer::new(move || {
                    App::new()
                        .app_data(platform.clone())
                        .app_data(ids.clone())
                        .wrap(Compress::default())
                        .wrap(from_fn(edge::cross))
                        .configure(cinchy_query_api::saved_queries)
                        .configure(health::routes)
                        .configure(cinchy_identity::routes)
                        .configure(cinchy_query_api::routes)
                        .configure(cinchy_web::assets::routes)
                        .configure(cinchy_admin::routes)
                        .configure(cinchy_control::routes)
                        .default_service(web::to(HttpResponse::NotFound))
                })
                // A handle to each socket, for faults that close it.
                .on_connect(Socket::keep)
                .tcp_nodelay(true)
                .keep_alive(Duration::from_secs(75))
                .client_request_timeout(Duration::from_secs(15))
                .shutdown_timeout(DRAIN)
                .disable_signals();
                if let Some(workers) = workers {
                    server = server.workers(workers.max(1));
                }
                for socket in sockets {
                    let listening = match &tls {
                        Some(tls) => server.listen_rustls_0_23(socket, tls.clone()),
                        None => server.listen(socket),
                    };
                    server = match listening {
                        Ok(server) => server,
                        Err(error) => {
                            // The caller waits for word.
                            let _ = send.send(Err(error));
                            return Ok(());
                        }
                    };
                }
                let server = server.run();
                let _ = send.send(Ok(server.handle()));
                server.await
            })
        })
        .map_err(StartError::Server)?;
    match receive.recv() {
        Ok(Ok(handle)) => Ok((handle, thread)),
        Ok(Err(error)) => Err(StartError::Server(error)),
        Err(_) => Err(StartError::Server(std::io::Error::other(
            "the server thread ended early",
        ))),
    }
}
