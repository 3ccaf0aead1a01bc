//! The real binary, a browser, and the few moves of a walk.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use application::clock::SystemClock;
use chrono::Days;
use domain::time::{CHINA, Clock as _, legal_day};
use serde_json::{Value, json};
use tests::server::{hear, listening};
use tokio::sync::OnceCell;

use crate::driver::{By, Driver, Element};

/// A phone.
pub const PHONE: (u32, u32) = (320, 740);
/// A desk.
pub const DESK: (u32, u32) = (1366, 900);
/// How long a start may take, and the script that looks at a page.
const START: Duration = Duration::from_secs(300);
/// How long a page may take to come.
const PAGE: Duration = Duration::from_secs(60);
/// Password of the demo's accounts, printed by `xiaoneng demo`.
const PASSWORD: &str = "qingyuan-demo-2026";

/// What a page that refuses a form shows.
const REFUSED: &str = ".errors, .conflict";

/// Server, driver and browser of one walk.
pub struct Stage {
    driver: Driver,
    base: String,
    server: Child,
    chromedriver: Child,
    shots: PathBuf,
    /// The source of axe-core, where it is.
    axe: Option<String>,
    _data: tempfile::TempDir,
    /// What is uploaded.
    files: tempfile::TempDir,
    /// What was wrong with the pages looked at.
    wrong: Mutex<Vec<String>>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Also after a failed assertion: a driver whose other side is gone ends at once instead of waiting for it.
        for child in [&mut self.chromedriver, &mut self.server] {
            // The group: the driver's browser goes with it.
            let _ = Command::new("kill").args(["-9", "--", &format!("-{}", child.id())]).status();
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn target() -> PathBuf {
    // target/debug/deps/browser-… → target/debug
    std::env::current_exe().unwrap().parent().and_then(Path::parent).unwrap().to_owned()
}

/// The forms whose action ends so; all for an empty end.
fn form(action: &str) -> String {
    if action.is_empty() { "form".to_owned() } else { format!("form[action$='{action}']") }
}

/// Memory that looks like a folder, where the machine has room in it: the browser shares its pictures between its processes in
/// files, and writes a profile that nobody reads again. Containers often have 64 MB of it, which is too little.
fn memory() -> Option<&'static Path> {
    let place = Path::new("/dev/shm");
    let room = rustix::fs::statvfs(place).is_ok_and(|room| room.f_bavail * room.f_frsize > 2 << 30);
    room.then_some(place)
}

/// Where a program says that it listens.
enum Says {
    Out,
    Err,
}

/// Starts a program that takes a free port, and gives where it says that it listens.
async fn start<T: Send + 'static>(mut command: Command, says: Says, wanted: fn(&str) -> Option<T>) -> (Child, T) {
    match says {
        Says::Out => command.stdout(Stdio::piped()),
        Says::Err => command.stdout(Stdio::null()).stderr(Stdio::piped()),
    };
    let mut child = command.process_group(0).spawn().unwrap_or_else(|error| {
        panic!("{} does not start ({error}): run ops/test, it installs what is missing", command.get_program().display())
    });
    let said = Arc::<Mutex<String>>::default();
    let (heard, _) = match says {
        Says::Out => hear(child.stdout.take().unwrap(), said.clone(), wanted),
        Says::Err => hear(child.stderr.take().unwrap(), said.clone(), wanted),
    };
    let heard = tokio::task::spawn_blocking(move || heard.recv_timeout(START)).await.unwrap();
    let place = heard.unwrap_or_else(|_| panic!("{command:?} does not say where it listens: {:?} {said:?}", child.try_wait()));
    (child, place)
}

/// Where the city of `xiaoneng demo` lies: made once, by the command itself, for all walks; each has a copy of its own.
async fn city(binary: &Path) -> &'static Path {
    static CITY: OnceCell<PathBuf> = OnceCell::const_new();
    CITY.get_or_init(async || {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser-city");
        let mut demo = Command::new(binary);
        demo.args(["demo", "--cases", "300", "--listen", "127.0.0.1:0", "--data"]).arg(&dir);
        let (mut server, _) = start(demo, Says::Out, listening).await;
        let told = Command::new("kill").arg(server.id().to_string()).status().unwrap();
        assert!(told.success() && server.wait().unwrap().success(), "the demo did not end in order");
        dir
    })
    .await
}

impl Stage {
    /// Starts everything.
    pub async fn set() -> Self {
        let binary = target().join("xiaoneng");
        assert!(binary.exists(), "{} is missing: run `cargo build`, or ops/test", binary.display());
        let memory = memory();
        let data = memory.map_or_else(tempfile::tempdir, tempfile::tempdir_in).unwrap();
        let copied = Command::new("cp").arg("-r").arg(city(&binary).await).arg(data.path().join("city")).status().unwrap();
        assert!(copied.success(), "the demo's city could not be copied");
        let mut serve = Command::new(&binary);
        serve.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data.path().join("city"));
        // As the demo serves it.
        serve.env("XIAONENG__AUTOMATION__NOTICES_WITHIN_HOURS", "1");
        serve.env("XIAONENG__WEB__SITE_NAME", "清源市诉求与效能服务平台");
        serve.env("XIAONENG__WEB__ENVIRONMENT", "演示环境：页面上的单位、人员和数据均为虚构。");
        let (server, address) = start(serve, Says::Err, listening).await;
        let mut driver = Command::new("chromedriver");
        driver.arg("--port=0").stderr(Stdio::null());
        let port = |line: &str| line.split_once("successfully on port ")?.1.trim_end_matches('.').parse::<u16>().ok();
        let (chromedriver, driver_port) = start(driver, Says::Out, port).await;
        let mut arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
        ]
        .map(str::to_owned)
        .to_vec();
        arguments.push(format!("--user-data-dir={}", data.path().join("profile").display()));
        if memory.is_none() {
            arguments.push("--disable-dev-shm-usage".to_owned());
        }
        let driver = Driver::start(driver_port, &arguments, START).await.unwrap();
        let shots = target().parent().unwrap().join("screenshots");
        std::fs::create_dir_all(&shots).unwrap();
        let axe = std::fs::read_to_string(target().parent().unwrap().join("node_modules/axe-core/axe.min.js")).ok();
        if axe.is_none() {
            eprintln!("axe-core is not there, accessibility rules are not run: npm i --prefix target axe-core@4.14, or ops/test");
        }
        Self {
            axe,
            driver,
            base: format!("http://{address}"),
            server,
            chromedriver,
            shots,
            _data: data,
            files: tempfile::tempdir().unwrap(),
            wrong: Mutex::default(),
        }
    }

    /// Ends the browser in good order; the rest ends when the stage is dropped.
    pub async fn strike(self) {
        let wrong = self.wrong.lock().unwrap().join("\n");
        assert!(wrong.is_empty(), "{wrong}");
        self.driver.quit().await.unwrap();
    }

    /// Makes the page as wide as a phone or a desk; emulated, because a window cannot be as narrow as a phone.
    pub async fn size(&self, (width, height): (u32, u32)) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.driver.chromium("Emulation.setDeviceMetricsOverride", metrics).await.unwrap();
        // A window that Chromium has just resized can be 0 wide for a moment.
        let asked = Instant::now();
        while self.driver.execute("return window.innerWidth", vec![]).await.unwrap() != json!(width) {
            assert!(asked.elapsed() < PAGE, "the page does not become {width} wide");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// Opens a path.
    pub async fn open(&self, path: &str) {
        self.driver.open(&format!("{}{path}", self.base)).await.unwrap();
    }

    /// The path that is open.
    pub async fn path(&self) -> String {
        self.driver.execute("return location.pathname", vec![]).await.unwrap().as_str().unwrap().to_owned()
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        self.driver.reload().await.unwrap();
    }

    /// A picture of the whole page. A window that Chromium has just resized can be 0 wide for a moment, and then has no picture.
    pub async fn shot(&self, name: &str) {
        let whole = || json!({ "captureBeyondViewport": true, "optimizeForSpeed": true });
        let mut answer = self.driver.chromium("Page.captureScreenshot", whole()).await;
        for _ in 0..20 {
            if answer.is_ok() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            answer = self.driver.chromium("Page.captureScreenshot", whole()).await;
        }
        let bytes = decode(answer.unwrap()["data"].as_str().unwrap());
        std::fs::write(self.shots.join(format!("{name}.png")), bytes).unwrap();
    }

    async fn one(&self, css: &str) -> Element {
        match self.driver.find(By::Css(css)).await {
            Ok(found) => found,
            Err(_) => {
                self.shot("lost").await;
                panic!("{css} is not on {} — {}", self.path().await, self.body().await.chars().take(600).collect::<String>());
            }
        }
    }

    /// What the page says.
    pub async fn body(&self) -> String {
        self.driver.execute("return document.body.innerText", vec![]).await.unwrap().as_str().unwrap_or_default().to_owned()
    }

    /// The page says so.
    pub async fn sees(&self, words: &str) {
        let body = self.body().await;
        if !body.contains(words) {
            self.shot("lost").await;
            panic!("“{words}” is not on {}: {}", self.path().await, body.chars().take(1_500).collect::<String>());
        }
    }

    /// Text of an element.
    pub async fn text(&self, css: &str) -> String {
        self.driver.text(&self.one(css).await).await.unwrap()
    }

    async fn click(&self, element: &Element) {
        self.driver.execute("arguments[0].click()", vec![element.argument()]).await.unwrap();
    }

    /// Fills a field.
    pub async fn fill(&self, name: &str, value: &str) {
        self.fill_in("", name, value).await;
    }

    /// Fills a field of the form whose action ends so.
    pub async fn fill_in(&self, action: &str, name: &str, value: &str) {
        let field = self.one(&format!("{} [name='{name}']", form(action))).await;
        self.driver.clear(&field).await.unwrap();
        self.driver.send_keys(&field, value).await.unwrap();
    }

    /// Chooses a radio button.
    pub async fn choose(&self, name: &str, value: &str) {
        self.choose_in("", name, value).await;
    }

    /// Chooses a radio button if the page has it.
    pub async fn choose_if_there(&self, name: &str, value: &str) {
        if let Ok(found) = self.driver.find(By::Css(&format!("[name='{name}'][value='{value}']"))).await {
            self.click(&found).await;
        }
    }

    /// Chooses a radio button of the form whose action ends so.
    pub async fn choose_in(&self, action: &str, name: &str, value: &str) {
        let found = self.one(&format!("{} [name='{name}'][value='{value}']", form(action))).await;
        self.click(&found).await;
    }

    /// Chooses the first radio button of a name.
    pub async fn choose_first_in(&self, action: &str, name: &str) {
        let found = self.one(&format!("{} [name='{name}']", form(action))).await;
        self.click(&found).await;
    }

    /// Picks the first real option of a select.
    pub async fn pick_first(&self, name: &str) {
        let option = self.one(&format!("select[name='{name}'] option[value]:not([value=''])")).await;
        self.driver.click(&option).await.unwrap();
    }

    /// Picks the option of this value.
    pub async fn pick(&self, name: &str, value: &str) {
        let xpath = format!("//select[@name='{name}']/option[@value='{value}']");
        let Ok(option) = self.driver.find(By::XPath(&xpath)).await else {
            self.shot("lost").await;
            panic!("{name} offers no {value}");
        };
        self.driver.click(&option).await.unwrap();
    }

    /// Opens all folded parts.
    pub async fn unfold(&self) {
        self.driver.execute("document.querySelectorAll('details').forEach(d => d.open = true)", vec![]).await.unwrap();
    }

    /// Sends the form whose action ends so with its last button, and waits for the next page, which refuses nothing.
    pub async fn submit(&self, action: &str) {
        self.send(action).await;
        // A page that refuses keeps what was typed: words of the form on it say nothing about what was done.
        if self.has(REFUSED).await {
            self.shot("lost").await;
            panic!("{action} is refused on {}: {}", self.path().await, self.text(REFUSED).await);
        }
    }

    /// Sends the form whose action ends so; the page comes back and says why it is refused.
    pub async fn refused(&self, action: &str, words: &str) {
        self.send(action).await;
        let said = self.text(REFUSED).await;
        assert!(said.contains(words), "“{words}” is not among what {action} is refused for on {}: {said}", self.path().await);
    }

    async fn send(&self, action: &str) {
        let buttons = self.driver.find_all(By::Css(&format!("form[action$='{action}'] button[type='submit']"))).await.unwrap();
        let Some(button) = buttons.last() else {
            self.shot("lost").await;
            panic!("no form goes to {action} on {}: {}", self.path().await, self.body().await.chars().take(1_500).collect::<String>());
        };
        self.go(button).await;
    }

    /// Presses the button with this value.
    pub async fn press(&self, action: &str, value: &str) {
        let button = self.one(&format!("form[action$='{action}'] button[value='{value}']")).await;
        self.go(&button).await;
    }

    async fn go(&self, button: &Element) {
        // The page that comes next does not have the mark.
        self.driver.execute("document.documentElement.dataset.before = '1'", vec![]).await.unwrap();
        self.click(button).await;
        let asked = Instant::now();
        while asked.elapsed() < PAGE {
            let ready =
                self.driver.execute("return document.readyState === 'complete' && !document.documentElement.dataset.before", vec![]).await;
            if ready.is_ok_and(|answer| answer == Value::Bool(true)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("no page came after {}", self.path().await);
    }

    /// Signs in with a demo account.
    pub async fn sign_in(&self, login: &str) {
        self.fill_sign_in(login, PASSWORD).await;
        assert_ne!(self.path().await, "/desk/sign-in", "{login} was not let in");
    }

    /// Signs in with a password of one's own.
    pub async fn fill_sign_in(&self, login: &str, password: &str) {
        self.open("/desk/sign-in").await;
        self.fill("login", login).await;
        self.fill("password", password).await;
        self.submit("/desk/sign-in").await;
    }

    /// Where the figures of the page lead.
    pub async fn tiles(&self) -> Vec<String> {
        let script = "return [...document.querySelectorAll('.work-tiles a[href]')].map(link => link.getAttribute('href'))";
        let found = self.driver.execute(script, vec![]).await.unwrap();
        serde_json::from_value(found).unwrap()
    }

    /// Signs out.
    pub async fn sign_out(&self) {
        self.submit("/desk/sign-out").await;
    }

    /// Puts a file into a file field of the form whose action ends so.
    pub async fn attach(&self, action: &str, name: &str, file: &str, bytes: &[u8]) {
        let path = self.files.path().join(file);
        std::fs::write(&path, bytes).unwrap();
        let field = self.one(&format!("{} input[type='file'][name='{name}']", form(action))).await;
        self.driver.send_keys(&field, path.to_str().unwrap()).await.unwrap();
    }

    /// Sets a day or a moment, whose keys depend on the browser's language.
    pub async fn set_in(&self, action: &str, name: &str, value: &str) {
        let field = self.one(&format!("{} [name='{name}']", form(action))).await;
        self.driver.execute("arguments[0].value = arguments[1]", vec![field.argument(), value.into()]).await.unwrap();
    }

    /// Ticks the boxes of a name whose labels hold one of the words, and takes the ticks of the others away.
    pub async fn tick_only(&self, action: &str, name: &str, words: &[&str]) {
        let script = "const [form, name, words] = arguments; let hit = 0;
            document.querySelectorAll(`${form} [name='${name}']`).forEach(box => {
                const label = box.closest('label').textContent.trim(), wanted = words.some(word => label.includes(word));
                if (box.checked !== wanted) box.click();
                if (wanted) hit += 1;
            }); return hit;";
        let hit = self.driver.execute(script, vec![form(action).into(), name.into(), words.into()]).await.unwrap();
        assert!(hit.as_u64().unwrap() >= words.len() as u64, "{name} does not offer {words:?} on {}", self.path().await);
    }

    /// Picks the option of a select in the form whose action ends so by what its words contain.
    pub async fn pick_words(&self, action: &str, name: &str, words: &str) {
        let options = self.driver.find_all(By::Css(&format!("{} select[name='{name}'] option", form(action)))).await.unwrap();
        for option in options {
            let text = self.driver.execute("return arguments[0].textContent", vec![option.argument()]).await.unwrap();
            if text.as_str().unwrap().contains(words) {
                self.driver.click(&option).await.unwrap();
                return;
            }
        }
        self.shot("lost").await;
        panic!("{name} offers nothing with {words} on {}", self.path().await);
    }

    /// The addresses of the links whose address contains this.
    pub async fn hrefs(&self, part: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll('a[href]')].map(link => link.getAttribute('href'))";
        let found = self.driver.execute(script, vec![]).await.unwrap();
        let all: Vec<String> = serde_json::from_value(found).unwrap();
        all.into_iter().filter(|href| href.contains(part)).collect()
    }

    /// What the page fetches from a path with the cookies of whoever is signed in; with `form`, sends the fields of that form there.
    pub async fn fetch(&self, path: &str, action: &str) -> String {
        let script = "const [path, action, done] = arguments;
            const of = action && new URLSearchParams(new FormData(document.querySelector(`form[action$='${action}']`)));
            fetch(path, of ? { method: 'POST', body: of } : {}).then(answer => answer.text()).then(done, error => done(String(error)))";
        let answer = self.driver.execute_async(script, vec![path.into(), action.into()]).await.unwrap();
        answer.as_str().unwrap().to_owned()
    }

    /// Looks at a page in both widths: one heading, nothing sideways, nothing that axe-core minds. What is wrong is said when the
    /// walk has ended, all of it.
    pub async fn look(&self, name: &str) {
        let mut wrong = Vec::new();
        for (size, width) in [(PHONE, 320), (DESK, 1366)] {
            self.size(size).await;
            self.shot(&format!("{name}-{width}")).await;
            let overflow = self.overflow().await;
            if overflow > 0 {
                wrong.push(format!("{name}: {overflow} px wider than {width} px"));
            }
            wrong.extend(self.axe().await.into_iter().map(|fault| format!("{name} at {width} px: {fault}")));
        }
        let headings = self.headings().await;
        if headings != 1 {
            wrong.push(format!("{name}: {headings} first-level headings"));
        }
        self.wrong.lock().unwrap().extend(wrong);
    }

    /// Today and so many days later, as forms write days.
    pub fn days(&self, later: u64) -> (String, String) {
        let today = legal_day(SystemClock.now());
        (today.to_string(), (today + Days::new(later)).to_string())
    }

    /// The minute that has begun, as forms write moments.
    pub fn minute(&self) -> String {
        SystemClock.now().with_timezone(&CHINA).format("%Y-%m-%dT%H:%M").to_string()
    }

    /// The name of whoever is signed in, as the bar says it.
    pub async fn own_name(&self) -> String {
        self.text(".who strong").await
    }

    /// The page has such an element.
    pub async fn has(&self, css: &str) -> bool {
        self.driver.find(By::Css(css)).await.is_ok()
    }

    /// The action of the form that ends so.
    pub async fn action(&self, end: &str) -> String {
        let form = self.one(&form(end)).await;
        let answer = self.driver.execute("return arguments[0].getAttribute('action')", vec![form.argument()]).await.unwrap();
        answer.as_str().unwrap().to_owned()
    }

    /// By how many pixels the page is wider than the screen.
    pub async fn overflow(&self) -> i64 {
        let answer = self
            .driver
            .execute("return document.documentElement.scrollWidth - document.documentElement.clientWidth", vec![])
            .await
            .unwrap();
        answer.as_i64().unwrap()
    }

    /// What axe-core finds wrong with the page that is open: rule and element. Nothing where axe-core is not there.
    ///
    /// The first time it looks at everything, then at what another width can change: colours are not among that, and looking at
    /// them takes half of its time.
    pub async fn axe(&self) -> Vec<String> {
        let Some(source) = &self.axe else { return Vec::new() };
        let again = self.driver.execute("return typeof axe === 'object'", vec![]).await.unwrap() == json!(true);
        if !again {
            // Half a megabyte, for the pages that are looked at alone. The policy of the page keeps scripts from it, not the driver.
            let told = self.driver.chromium("Runtime.evaluate", json!({ "expression": source })).await.unwrap();
            assert!(told.get("exceptionDetails").is_none(), "axe-core does not start: {told}");
        }
        let run = "const [again, done] = arguments;
            axe.run(document, { resultTypes: ['violations'], preload: false, rules: { 'color-contrast': { enabled: !again } } })
                .then(found => done(found.violations.map(rule => rule.id + ': ' + rule.nodes[0].html.slice(0, 200))), error => done([String(error)]))";
        let found = self.driver.execute_async(run, vec![again.into()]).await.unwrap();
        serde_json::from_value(found).unwrap()
    }

    /// Paths that the page links to, without queries.
    pub async fn links(&self) -> Vec<String> {
        let script = "return [...document.querySelectorAll('a[href^=\"/\"]')].map(link => new URL(link.href).pathname)";
        let found = self.driver.execute(script, vec![]).await.unwrap();
        serde_json::from_value(found).unwrap()
    }

    /// The kinds of elements of the page: what an element is, what it says of itself besides its words, and what it stands in.
    pub async fn parts(&self) -> Vec<String> {
        let script = "const of = one => one.localName + [...one.attributes]
                .filter(({ name }) => ['class', 'type', 'role', 'scope', 'disabled', 'required', 'open', 'tabindex'].includes(name) || name.startsWith('aria-'))
                .map(({ name, value }) => name.startsWith('aria-') && name !== 'aria-hidden' && name !== 'aria-current' ? `[${name}]` : `[${name}=${value}]`).sort().join('');
            return [...new Set([...document.body.querySelectorAll('*')].map(one => `${of(one.parentElement)} > ${of(one)}`))]";
        serde_json::from_value(self.driver.execute(script, vec![]).await.unwrap()).unwrap()
    }

    /// Number of first-level headings.
    pub async fn headings(&self) -> usize {
        self.driver.find_all(By::Css("h1")).await.unwrap().len()
    }
}

/// Base64 as the browser gives it.
fn decode(text: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => u32::from(c - b'A'),
        b'a'..=b'z' => u32::from(c - b'a') + 26,
        b'0'..=b'9' => u32::from(c - b'0') + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u32> = text.bytes().filter(|c| *c != b'=').map(value).collect();
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for group in digits.chunks(4) {
        let bits = group.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - group.len()));
        bytes.extend(bits.to_be_bytes().into_iter().skip(1).take(group.len() - 1));
    }
    bytes
}
