// An emulator for the tests of a file: `const t = useCinchy({ seed: 'hr.yaml' })`, then `t.cinchy` in each test.

import { afterAll, afterEach, beforeAll } from 'vitest';
import { fixture } from './index.mjs';

export function useCinchy(options) {
  return fixture({ beforeAll, afterEach, afterAll }, options);
}
