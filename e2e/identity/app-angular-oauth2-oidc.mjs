// An app of angular-oauth2-oidc 17 with the settings of the official Angular SDK 6.

import "@angular/compiler";
import "zone.js";

import { HttpClient, HttpXhrBackend } from "@angular/common/http";
import { NgZone } from "@angular/core";
import * as oidc from "angular-oauth2-oidc-17";

async function start() {
  const { authority, origin } = await (await fetch("/config.json")).json();
  const http = new HttpClient(new HttpXhrBackend({ build: () => new XMLHttpRequest() }));
  const service = new oidc.OAuthService(
    new NgZone({}),
    http,
    sessionStorage,
    new oidc.NullValidationHandler(),
    new oidc.AuthConfig(),
    new oidc.UrlHelperService(),
    console,
    new oidc.DefaultHashHandler(),
    document,
    new oidc.SystemDateTimeProvider(),
  );
  service.configure({
    issuer: authority,
    clientId: "e2e-spa",
    redirectUri: `${origin}/`,
    silentRefreshRedirectUri: `${origin}/silent-refresh.html`,
    postLogoutRedirectUri: `${origin}/bye`,
    responseType: "id_token token",
    scope: "js_api openid id",
    requireHttps: false,
    useIdTokenHintForSilentRefresh: true,
    sessionChecksEnabled: authority.startsWith("https"),
    sessionCheckIntervall: 500,
  });
  const events = [];
  service.events.subscribe((event) => events.push(event.reason?.error ?? event.type));
  await service.loadDiscoveryDocumentAndTryLogin();
  const user = () => ({ token: service.getAccessToken(), claims: service.getIdentityClaims() });
  window.app = {
    user: async () => user(),
    events: async () => events,
    signIn: async () => service.initImplicitFlow("a state & more"),
    state: async () => service.state,
    profile: async () => (await service.loadUserProfile()).info,
    silent: async () => {
      try {
        await service.silentRefresh();
        return user();
      } catch (error) {
        // The library wraps what the server said into an error of its own, and that into another one where it was about to
        // refresh by itself.
        let said = error;
        while (said.reason?.type) said = said.reason;
        return { error: said.params?.error ?? said.reason?.error ?? said.type ?? String(said) };
      }
    },
    signOut: async () => service.logOut(),
  };
  document.body.dataset.ready = "";
}

start().catch((error) => {
  document.body.dataset.failed = String(error.reason ?? error);
});
