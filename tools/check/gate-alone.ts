/** What a request to an API host runs, put together without the rest: what the bundle's check weighs by itself. */
export { openGate } from '../../src/assemble/gate.ts';
export { openTrust } from '../../src/assemble/trust.ts';
export { openJwks } from '../../src/stytch/jwks-call.ts';
