import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { whenAsked } from '../../tools/asked.ts';
import { makeLeash } from '../../tools/dev/child.ts';
import { whyNotListen } from '../../tools/dev/ports.ts';
import { type Server, serve } from '../../tools/serve/index.ts';
import { failed, misused } from '../answers.ts';
import type { Command, ExitCode, World } from '../command.ts';
import type { Terminal } from '../terminal.ts';
import { type Attendant, openAttendant } from './attendant.ts';
import { nextAfter } from './daily.ts';
import { HELP } from './help.ts';
import { type Held, hold } from './hold.ts';
import { readOptions, type ServeOptions } from './options.ts';
import { DOOR, type Plan, readPlan } from './plan.ts';
import { supervise } from './supervise.ts';

/** `latchkey serve`: Latchkey on a machine of one's own. */
export const serveCommand: Command = {
  help: HELP,
  run: async (args, { terminal, folder, env }: World): Promise<ExitCode> => {
    const options = readOptions(args, folder);
    if (!options.ok) return misused(terminal, options.refusal, HELP);
    const plan = await readPlan(options.value, folder, env);
    if (options.value.checkOnly) return report(plan, options.value, terminal);
    if (!plan.ok) return failed(terminal, plan.refusal.join('\n'));
    for (const warning of plan.value.warnings) terminal.tell(warning);
    const { listen, state } = options.value;
    const taken = await whyNotListen(listen.host, listen.port);
    if (taken !== null) return failed(terminal, `--listen ${listen.text}: ${taken}`);
    const held = await hold(state);
    if (!held.ok) return failed(terminal, held.refusal);
    try {
      return await run(plan.value, options.value, held.value, terminal);
    } finally {
      held.value.release();
    }
  },
};

/** All that can be known without starting anything. */
const report = (
  plan: Awaited<ReturnType<typeof readPlan>>,
  { json, listen }: ServeOptions,
  { say, tell }: Terminal,
): ExitCode => {
  const problems = plan.ok ? [] : plan.refusal;
  const warnings = plan.ok ? plan.value.warnings : [];
  if (json) say(JSON.stringify({ ok: plan.ok, problems, warnings }, null, 2));
  else {
    for (const line of [...problems, ...warnings]) tell(line);
    if (plan.ok) say(`It can be served: ${hostsOf(plan.value)}, at ${listen.text}.`);
  }
  return plan.ok ? 0 : 1;
};

const hostsOf = ({ config: { hosts } }: Plan): string => `${hosts.api.join(', ')} and the Desk ${hosts.desk}`;

/** Runs it until somebody wants the end. */
const run = async (plan: Plan, options: ServeOptions, held: Held, { tell }: Terminal): Promise<ExitCode> => {
  const attendant = openAttendant(held.socket, plan.config.hosts.desk);
  const service = plan.service(held.socket);
  const start = async (): Promise<Server> => {
    const leash = makeLeash();
    // What a killed one left: workerd takes no name that is there.
    rmSync(held.socket, { force: true });
    try {
      const server = await serve({
        ...{ services: [service], state: held.objects, folder: held.run, env: plan.secrets },
        ...{ authorities: options.authorities, outlivesInterrupt: true, speaksForUs: true },
      });
      leash.hold(server);
      void server.ended.then(leash.release);
      writeFileSync(held.pidFile, `${server.pid}\n`);
      await untilWell(server, attendant);
      tell(`Latchkey serves ${hostsOf(plan)} at ${portOf(options, server)}: process ${server.pid}.`);
      return server;
    } catch (error) {
      leash.release();
      throw error;
    }
  };
  const [asked, askedTwice] = untilAsked();
  const isWell = await supervise({
    ...{ start, isAlive: attendant.isAlive, asked, askedTwice, tell },
    doWhatIsDue: () => doDaily(plan, held, attendant, tell),
    sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined),
    nowMs: Date.now,
    drainSeconds: options.drainSeconds,
  });
  return isWell ? 0 : 1;
};

const portOf = ({ listen, tls }: ServeOptions, server: Server): string =>
  `${tls === null ? 'http' : 'https'}://${listen.text.replace(/:\d+$/, '')}:${server.port(DOOR)}`;

const WELL_ROUNDS = 100;
const WELL_PAUSE_MS = 100;

/** It listens; now it has to answer. Throws when it never does: what it has to say is in its log. */
const untilWell = async (server: Server, { isWell }: Attendant): Promise<void> => {
  for (let round = 0; round < WELL_ROUNDS; round += 1) {
    if (await isWell()) return;
    await wait(WELL_PAUSE_MS);
  }
  await server.stop('SIGKILL');
  throw new Error('it listens, and does not say that it is well');
};

/** The daily work, when its time has come; what was missed while nobody was here is made up for. */
const doDaily = async (
  { daily }: Plan,
  { daily: file }: Held,
  attendant: Attendant,
  tell: Terminal['tell'],
): Promise<void> => {
  const last = readTime(file);
  if (last === null) writeFileSync(file, `${new Date().toISOString()}\n`);
  if (last === null || Date.now() < nextAfter(daily, last)) return;
  if (await attendant.doDaily()) writeFileSync(file, `${new Date().toISOString()}\n`);
  else tell('The daily work could not be begun; it is tried again.');
};

const readTime = (file: string): number | null => {
  try {
    const time = Date.parse(readFileSync(file, 'utf8').trim());
    return Number.isNaN(time) ? null : time;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
};

/** Aborted when somebody wants the end, and when he does so again. */
const untilAsked = (): readonly [AbortSignal, AbortSignal] => {
  const [once, twice] = [new AbortController(), new AbortController()];
  whenAsked(() => (once.signal.aborted ? twice : once).abort());
  return [once.signal, twice.signal];
};
