import { ok, type Result } from '../model/refusal.ts';
import type { TokenCounts } from '../model/token-days.ts';
import type { DeskPorts } from './ports.ts';
import { createTokensWork } from './work/tokens.ts';

/** The work on tokens for pages: of everybody, over the 30 days that are usual. */
export const createTokens = (ports: DeskPorts): (() => Promise<Result<TokenCounts>>) => {
  const { ofAll } = createTokensWork(ports);
  return async () => {
    const report = await ofAll({ by: 'day', from: undefined, to: undefined });
    return report.ok ? ok(report.value.totals) : report;
  };
};
