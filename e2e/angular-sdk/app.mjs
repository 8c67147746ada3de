// The smallest app of the official SDK: it hands the service to the test, which calls it in the page.

// The SDK is published for the linker of Angular's build, which this stands in for.
import "@angular/compiler";
import "zone.js";

import { APP_BASE_HREF } from "@angular/common";
import { Component, NgModule } from "@angular/core";
import { BrowserModule, platformBrowser } from "@angular/platform-browser";
import { RouterModule } from "@angular/router";
import { CinchyConfig, CinchyModule, CinchyService } from "@cinchy-co/angular-sdk";
import * as oidc from "angular-oauth2-oidc";
import { take } from "rxjs/operators";

// angular-oauth2-oidc 12 is published in the form of before Angular's Ivy, which Angular's build converts by `ngcc`: here the
// decorators that it lists are applied.
for (const published of Object.values(oidc)) {
  for (const { type, args = [] } of published.decorators ?? []) type(...args)(published);
}

class App {}
Component({ selector: "app-root", template: "<router-outlet></router-outlet>" })(App);

/** The app's module for this configuration. */
function moduleOf(config) {
  class AppModule {}
  NgModule({
    bootstrap: [App],
    declarations: [App],
    imports: [BrowserModule, RouterModule.forRoot([{ path: "**", component: App }]), CinchyModule.forRoot()],
    providers: [
      { provide: APP_BASE_HREF, useValue: "/" },
      { provide: CinchyConfig, useValue: config },
    ],
  })(AppModule);
  return AppModule;
}

/** What an app reads of a result, through the accessors of the SDK. */
function described(result) {
  return {
    columns: result.getColumns(),
    rows: result.toObjectArray(),
    count: result.getRowCount(),
  };
}

async function start() {
  const config = await (await fetch("/config.json")).json();
  const module = await platformBrowser().bootstrapModule(moduleOf(config));
  const cinchy = module.injector.get(CinchyService);

  /** Calls a method of the service; `result` or `failed`. */
  window.call = async (method, ...args) => {
    try {
      const result = await cinchy[method](...args)
        .pipe(take(1))
        .toPromise();
      return { result: result?.queryResult ? described(result.queryResult) : result };
    } catch (error) {
      const exception = error.cinchyException;
      return { failed: exception ? { message: exception.message, ...exception.data } : { status: error.status, message: error.message } };
    }
  };
  window.login = () => cinchy.login();
  window.cinchy = cinchy;
  document.body.dataset.ready = "yes";
}

start();
