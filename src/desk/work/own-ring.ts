import { err, ok, type Result } from '../../model/refusal.ts';
import type { Subject } from '../../model/subject.ts';
import type { DeskRing } from '../durable.ts';
import type { DeskPorts } from '../ports.ts';

/** The Ring of a key of one's own. Another owner's key is answered like one that never was, and without asking anybody. */
export const ownRing = async (
  ports: Pick<DeskPorts, 'isOwn' | 'ringOf'>,
  { owner }: Subject,
  keyId: string,
): Promise<Result<DeskRing>> =>
  (await ports.isOwn(owner, keyId)) ? ok(await ports.ringOf(owner)) : err({ reason: 'not_found' });
