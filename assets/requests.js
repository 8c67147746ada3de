// New requests come into the list as they are written down. Without a script there is the link "Refresh".
(() => {
  const list = document.getElementById("requests");
  const button = document.getElementById("follow");
  if (!list?.dataset.live || !button) return;
  const live = document.getElementById("live");
  const most = 200;
  let source;
  let wanted = true;
  let came = 0;
  let saying;

  const say = () => {
    came += 1;
    saying ??= setTimeout(() => {
      if (live) live.textContent = came === 1 ? "1 new request" : `${came} new requests`;
      saying = undefined;
      came = 0;
    }, 2000);
  };
  const add = (event) => {
    // Nothing was there to add to: the page has another form then.
    if (list.tagName !== "TBODY") return location.reload();
    const row = document.createElement("template");
    row.innerHTML = event.data;
    list.prepend(row.content);
    while (list.rows.length > most) list.lastElementChild.remove();
    list.closest("[hidden]")?.removeAttribute("hidden");
    document.querySelector("main .empty")?.remove();
    seen = event.lastEventId;
    say();
  };
  const url = new URL(list.dataset.live, location.href);
  let seen = url.searchParams.get("since");
  const open = () => {
    if (source) return;
    url.searchParams.set("since", seen);
    source = new EventSource(url);
    source.addEventListener("entry", add);
  };
  const close = () => {
    source?.close();
    source = undefined;
  };
  // A page that nobody looks at holds no connection.
  const follow = () => (wanted && !document.hidden ? open() : close());
  button.hidden = false;
  button.addEventListener("click", () => {
    wanted = !wanted;
    button.setAttribute("aria-pressed", wanted);
    follow();
  });
  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", close);
  follow();
})();
