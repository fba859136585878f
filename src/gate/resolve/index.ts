import type { Evidence } from '../../model/evidence.ts';
import { err, type Result } from '../../model/refusal.ts';
import type { Trace } from '../../model/trace.ts';
import type { DecisionPorts } from '../ports.ts';
import { type Presented, toldAs } from '../presented.ts';
import { resolveJwt } from './jwt.ts';
import { resolveKey } from './key.ts';
import { resolvePair } from './pair.ts';

/**
 * Finds out about a credential that this isolate does not know, or no longer knows enough of. What is found goes into
 * memory. Requests with the same credential share one run. `cost` is what is to be paid if it is good.
 */
export const resolve = async (
  ports: DecisionPorts,
  presented: Presented,
  cost: number,
  trace: Trace,
): Promise<Result<Evidence>> => {
  const { text, credential } = presented;
  const resolved = await ports.turn(text, async (): Promise<Result<Evidence>> => {
    const found = await find(ports, presented, cost, trace);
    if (found.ok) ports.memory.remember(text, found.value);
    else ports.memory.forget(text);
    return found;
  });
  return toldAs(resolved, credential.scheme);
};

const find = async (
  ports: DecisionPorts,
  presented: Presented,
  cost: number,
  trace: Trace,
): Promise<Result<Evidence>> => {
  const { text, credential } = presented;
  // What a JWT proves, nobody has to be asked about; whether the Ring refused it a moment ago is for `admit` to say.
  if (credential.kind === 'jwt') return resolveJwt(ports, presented, credential, trace);
  const refused = ports.memory.refusal(text, ports.now());
  if (refused !== null) return err(refused);
  return credential.kind === 'key'
    ? resolveKey(ports, presented, credential, cost, trace)
    : resolvePair(ports, presented, credential, trace);
};
