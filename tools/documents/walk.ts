import type { Block } from './blocks.ts';
import { serving, shellEnv } from './serving.ts';
import { openShell } from './shell.ts';

/** How one block went. */
export interface Walked {
  readonly block: Block;
  readonly ms: number;
}

export interface WalkOptions {
  readonly folder: string;
  /** Variables besides what every shell has. */
  readonly env?: Readonly<Record<string, string>>;
  readonly onDone?: (walked: Walked) => void;
}

/**
 * Does all that a document says, from its first block to its last, as somebody would who has nothing but it. What is fenced
 * as `server` goes on until the end. The refusal is what the block wrote that failed.
 */
export const walk = async (
  blocks: readonly Block[],
  { folder, env = shellEnv(), onDone = () => undefined }: WalkOptions,
): Promise<
  { readonly ok: true } | { readonly ok: false; readonly block: Block; readonly output: string }
> => {
  const shell = openShell({ folder, env });
  const servers: { readonly stop: () => Promise<void> }[] = [];
  try {
    for (const block of blocks) {
      const startedMs = performance.now();
      if (block.kind === 'server') servers.push(await serving(block.commands, folder));
      else {
        const { ok, output } = await shell.run(block);
        if (!ok) return { ok, block, output };
      }
      onDone({ block, ms: performance.now() - startedMs });
    }
    return { ok: true };
  } finally {
    shell.end();
    for (const server of servers.reverse()) await server.stop();
  }
};
