import type { DeviceLobby } from '../model/device-lobby.ts';
import type { Lobby, ReconciliationReport, ReconciliationRequest, Ring } from '../model/ports.ts';
import type { Result } from '../model/refusal.ts';

/** What the Desk asks of a Ring. */
export type DeskMethod = Exclude<keyof Ring, 'admit' | 'exchange' | 'settle' | 'adopt' | 'reconcile'>;

type Told<T> = T extends { readonly ok: true; readonly value: infer V }
  ? V
  : T extends { readonly ok: false }
    ? never
    : T;

/** An owner's Ring, with its silence turned into a refusal. */
export type DeskRing = {
  readonly [M in DeskMethod]: (
    ...asked: Parameters<Ring[M]>
  ) => Promise<Result<Told<Awaited<ReturnType<Ring[M]>>>>>;
} & {
  /** The ring in the owner's key ids. Public. */
  readonly name: string;
};

/** What the Desk asks of a Lobby: about device codes and tries, whose a client is, and that it forgets. */
export type DeskLobbyMethod = keyof DeviceLobby | 'forgetTokens' | 'look';

/** One of the Lobbies, with its silence turned into a refusal. */
export type DeskLobby = {
  readonly [M in DeskLobbyMethod]: (
    ...asked: Parameters<Lobby[M]>
  ) => Promise<Result<Awaited<ReturnType<Lobby[M]>>>>;
};

/** The reconciliation, with its silence turned into a refusal. */
export interface DeskReconciler {
  readonly start: (request: ReconciliationRequest) => Promise<Result<ReconciliationReport>>;
  readonly report: () => Promise<Result<ReconciliationReport | null>>;
}
