import type { Config } from '../config.ts';
import type { OAuthPorts } from '../desk/oauth/ports.ts';
import type { DeskPorts } from '../desk/ports.ts';
import { type Decide, FREE } from '../gate/decide.ts';
import { bearerToken, pair } from '../gate/extract.ts';
import { createIssueToken } from '../gate/issue-token.ts';
import { createFindOperatorToken, createIdentifyOperator } from '../gate/operator.ts';
import { createOperatorPairs } from '../gate/operator-pair.ts';
import type { DecisionPorts } from '../gate/ports.ts';
import { textOf } from '../gate/presented.ts';
import { createWhose } from '../gate/whose.ts';
import { CREDENTIAL_KINDS } from '../model/policy.ts';
import { ok } from '../model/refusal.ts';
import { selfServiceScopes } from './env.ts';

/** By the Ring's word of now: no lease that could be older. */
const INQUIRY = {
  ...FREE,
  ...{ credentials: CREDENTIAL_KINDS, maxAuthAgeSeconds: null, leaseSeconds: 0 },
  isInquiry: true,
} as const;

/** The OAuth endpoints stand on the Gate's decisions; operators are let in here, and nowhere at the Gate. */
export const deskOAuth = (
  config: Config,
  decide: Decide,
  ports: DecisionPorts,
): OAuthPorts & Pick<DeskPorts, 'identifyOperator'> => {
  const { realm, verifyToken, now } = ports;
  const operators = new Set(config.operators);
  const pairs = createOperatorPairs(ports, operators);
  return {
    audience: config.origin.id,
    selfServiceScopes: selfServiceScopes(config),
    tokenOf: (text) => bearerToken(text, realm),
    pairOf: (clientId, clientSecret) => pair(clientId, clientSecret, realm),
    issueToken: createIssueToken({ ports, decide, operators: pairs, leaseSeconds: config.leaseSeconds }),
    authenticateOperator: async (credential, trace, from) => {
      const presented = { credential, text: textOf(credential), from, isNew: true, isUse: true };
      return (await pairs.authenticate(presented, trace)) ?? ok(null);
    },
    inquire: async (credential, trace) => decide(credential, INQUIRY, now(), trace, null),
    whose: createWhose(ports),
    findOperatorToken: createFindOperatorToken({ verifyToken, now, operators }),
    identifyOperator: createIdentifyOperator({ verifyToken, now, operators }),
  };
};
