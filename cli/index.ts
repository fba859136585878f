#!/usr/bin/env node
import { COMMANDS } from './commands.ts';
import { run } from './run.ts';
import { processTerminal } from './terminal.ts';
import { processWrangler } from './wrangler.ts';

const folder = process.cwd();
process.exitCode = await run(COMMANDS, process.argv.slice(2), {
  terminal: processTerminal(),
  ...{ folder, env: process.env, wrangler: processWrangler(folder, process.env) },
});
