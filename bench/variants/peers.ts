import { apache, apacheJwt } from '../peers/apache.ts';
import { betterAuth } from '../peers/better-auth.ts';
import { haproxy, haproxyJwt } from '../peers/haproxy.ts';
import { honoJwk, honoJwkKeys } from '../peers/hono-jwk.ts';
import { oauthProvider } from '../peers/oauth-provider.ts';
import type { Peer } from '../peers/peer.ts';
import { stytchPlugin } from '../peers/stytch-plugin.ts';
import { tutorial, tutorialFreeKv, tutorialLeast } from '../peers/tutorial.ts';

/** What users would pick instead, each set up as its documentation has it (docs/performance.md says what each does). */
export const PEERS: readonly Peer[] = [
  ...[honoJwk, honoJwkKeys],
  ...[tutorial, tutorialFreeKv, tutorialLeast],
  oauthProvider,
  stytchPlugin,
  betterAuth,
  ...[haproxy, haproxyJwt, apache, apacheJwt],
];
