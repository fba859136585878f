import { z } from 'zod';
import { npm } from './npm.ts';
import { type Outcome, outcomeOf } from './step.ts';

/** Advisories that are known and do not touch us, by their URL, with why not. */
const ACCEPTED: Readonly<Record<string, string>> = {};

/**
 * Asks the registry whether anything in the lock is known to be broken, what only builds and tests included. A registry that
 * does not tell is named as that; with `ADVISORIES=required` it fails the check.
 */
export const checkAdvisories = async (
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome> => {
  const answer = await npm(['audit'], environment);
  const report = REPORT.safeParse(answer);
  if (report.success) {
    const { total } = report.data.metadata.dependencies;
    return outcomeOf(known(report.data, ACCEPTED), `${total} packages`);
  }
  const why = nameless(`the registry was asked and does not tell: ${SILENCE.parse(answer).message}`);
  const isRequired = { ...process.env, ...environment }.ADVISORIES === 'required';
  return isRequired ? { ok: false, text: why } : { ok: true, summary: `not made: ${why}` };
};

/** What npm writes when it was told (npm-audit(1)): of each package its own advisories, and the names of others it has them from. */
const REPORT = z.object({
  auditReportVersion: z.literal(2),
  vulnerabilities: z.record(
    z.string(),
    z.object({
      via: z.array(
        z.union([
          z.string(),
          z.object({
            name: z.string(),
            title: z.string(),
            url: z.string(),
            severity: z.string(),
            range: z.string(),
          }),
        ]),
      ),
    }),
  ),
  metadata: z.object({ dependencies: z.object({ total: z.int() }) }),
});

const SILENCE = z.object({ message: z.string() });

/** One line for each advisory that nobody accepted, and for each that was accepted and is not there any more. */
export const known = (
  { vulnerabilities }: Pick<z.infer<typeof REPORT>, 'vulnerabilities'>,
  accepted: Readonly<Record<string, string>>,
): readonly string[] => {
  const found = Object.values(vulnerabilities)
    .flatMap(({ via }) => via)
    .filter((each) => typeof each !== 'string');
  const urls = new Set(found.map(({ url }) => url));
  return [
    ...found
      .filter(({ url }) => !Object.hasOwn(accepted, url))
      .map(({ name, range, severity, title, url }) => `${name} ${range}: ${title} (${severity}, ${url})`),
    ...Object.keys(accepted)
      .filter((url) => !urls.has(url))
      .map((url) => `${url} is accepted, and nothing here has it any more`),
  ];
};

/** Which registry it was is nobody's business who reads the log. */
const nameless = (text: string): string => text.replaceAll(/\bhttps?:\/\/[^/\s]+/g, '…');
