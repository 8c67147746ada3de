// The library inside of the platform's JavaScript SDK, with the SDK's settings.

import { UserManager, WebStorageStateStore } from "oidc-client";

async function start() {
  const settings = await (await fetch("/config.json")).json();
  const manager = new UserManager({
    response_type: "id_token token",
    scope: "openid id js_api",
    loadUserInfo: false,
    automaticSilentRenew: false,
    monitorSession: true,
    checkSessionInterval: 200,
    revokeAccessTokenOnSignout: true,
    userStore: new WebStorageStateStore({ store: window.sessionStorage }),
    ...settings,
  });
  window.sessionEnded = false;
  manager.events.addUserSignedOut(() => (window.sessionEnded = true));
  window.manager = manager;
  document.body.dataset.ready = "yes";
}

start();
