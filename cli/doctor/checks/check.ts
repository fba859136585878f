/** One thing that the doctor looks at, as docs/doctor.md has it. */
export interface Check {
  /** What holds where all is well. */
  readonly says: string;
  /** What to do where it does not: a command, or a place. */
  readonly advice: string;
  /** Where it does not hold, the Worker works all the same. */
  readonly warns?: true;
}
