import type { Subject } from '../model/subject.ts';
import type { Door } from './doors.ts';

/** Where what is somebody's is served, and who may come in there. */
export interface Place<P extends string = string> {
  /** Of everything that is served there: `/v1`. */
  readonly base: P;
  readonly tag: string;
  /** What sets its operation ids apart: `User` makes `listUserKeys`. */
  readonly of: string;
  readonly door: Door<Subject>;
  /** For what outlives the session that does it: a key that is made or rotated. */
  readonly freshDoor: Door<Subject>;
}
