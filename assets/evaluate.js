// A minted token is tried: a call of the web API from the page itself. Without a script there is the same for curl.
(() => {
  const form = document.getElementById("try");
  if (!form) return;
  const token = document.getElementById("minted").value;
  const query = document.getElementById("try-query");
  const address = document.getElementById("try-address");
  const curl = document.getElementById("try-curl");
  const answer = document.getElementById("try-answer");
  const [state, why] = answer.querySelectorAll(".state, a");
  const body = answer.querySelector("code");
  const most = 20000;

  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const told = () => (curl.textContent = `curl -H 'Authorization: Bearer ${token}' ${quoted(form.dataset.web + address.value.replaceAll(" ", "%20"))}`);
  const choose = () => {
    address.value = query.value;
    told();
  };
  query.addEventListener("change", choose);
  address.addEventListener("input", told);
  choose();

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    let text;
    try {
      // The way of the page itself: below another origin its policy lets nothing out.
      const asked = new URL(form.dataset.path + address.value, location.origin);
      const came = await fetch(asked, { headers: { authorization: `Bearer ${token}` }, credentials: "omit" });
      text = await came.text();
      state.textContent = `${came.status} ${came.statusText}`;
      state.className = came.ok ? "state good" : "state bad";
      why.hidden = came.ok;
    } catch {
      text = "";
      state.textContent = "The emulator does not answer.";
      state.className = "state bad";
      why.hidden = true;
    }
    body.textContent = text.length > most ? `${text.slice(0, most)}…` : text;
    body.parentElement.hidden = text === "";
    answer.hidden = false;
    answer.focus();
  });
})();
