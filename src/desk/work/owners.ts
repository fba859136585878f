import type { OwnerRecord } from '../../model/life.ts';
import type { Result } from '../../model/refusal.ts';
import type { Subject } from '../../model/subject.ts';
import type * as z from '../../model/zod.ts';
import type { DeskPorts } from '../ports.ts';
import type { ownerLimitsBody, suspensionBody } from '../schemas.ts';

/** What an operator does with an owner as such. */
export const createOwnersWork = ({ ringOf }: Pick<DeskPorts, 'ringOf'>) => {
  const suspend = async (
    { owner, author }: Subject,
    { reason }: z.output<typeof suspensionBody>,
  ): Promise<Result<OwnerRecord>> => (await ringOf(owner)).suspend(owner, reason, author);

  const lift = async ({ owner, author }: Subject): Promise<Result<OwnerRecord>> =>
    (await ringOf(owner)).suspend(owner, null, author);

  const setLimits = async (
    { owner, author }: Subject,
    { plan, keys_limit: keysLimit }: z.output<typeof ownerLimitsBody>,
  ): Promise<Result<OwnerRecord>> => (await ringOf(owner)).setLimits(owner, { plan, keysLimit }, author);

  const revokeAll = async ({ owner, author }: Subject): Promise<Result<number>> =>
    (await ringOf(owner)).revokeAll(owner, author);

  const about = async ({ owner }: Subject): Promise<Result<OwnerRecord>> =>
    (await ringOf(owner)).about(owner);

  return { about, suspend, lift, setLimits, revokeAll };
};

export type OwnersWork = ReturnType<typeof createOwnersWork>;
