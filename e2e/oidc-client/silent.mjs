// The page that a silent renewal comes back to, in a frame.

import { UserManager } from "oidc-client";

new UserManager({}).signinSilentCallback();
