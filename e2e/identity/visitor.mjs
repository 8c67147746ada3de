// A person at the login page, without a browser: cookies, the form, redirects one at a time.

/** Signs in where an authorize request leads; the address of the app that the browser is sent to then. */
export async function signIn(authorizeUrl, username, password) {
  const cookies = new Map();
  const go = async (url, init = {}) => {
    const headers = { ...init.headers, cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
    const answer = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const cookie of answer.headers.getSetCookie()) {
      const [name, ...value] = cookie.split(";")[0].split("=");
      cookies.set(name, value.join("="));
    }
    return answer;
  };
  const next = (answer, from) => {
    const location = answer.headers.get("location");
    if (!location) throw new Error(`${from} answers ${answer.status} and goes nowhere`);
    return new URL(location, from);
  };
  const loginUrl = next(await go(authorizeUrl), authorizeUrl);
  const page = await (await go(loginUrl)).text();
  const hidden = [...page.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
  const unescaped = (text) => text.replace(/&#(\d+);|&amp;/g, (_, code) => (code ? String.fromCharCode(code) : "&"));
  // The page has two forms with the same hidden fields.
  const fields = Object.fromEntries(hidden.map(([, name, value]) => [name, unescaped(value)]));
  const action = new URL(page.match(/<form method="post" action="([^"]+)"/)[1], loginUrl);
  const posted = await go(action, { method: "POST", body: new URLSearchParams({ ...fields, username, password, button: "login" }) });
  const callback = next(posted, action);
  return next(await go(callback), callback);
}
