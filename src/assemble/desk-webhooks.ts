import type { DeskPorts } from '../desk/ports.ts';
import { shaped } from '../gate/admit/shapes.ts';
import type { Fetch } from '../gate/forward/origins.ts';
import type { Lobbies, MessageSeen } from '../model/ports.ts';
import { type ReachPorts, reach } from '../model/reach.ts';
import type { Secret } from '../model/secret.ts';
import type { Turn } from '../model/turn.ts';
import { createGithubKeys, verifyGithub } from '../webhooks/github.ts';
import { verifyWebhook } from '../webhooks/standard.ts';
import { LOBBY_DEADLINE_MS } from './desk-lobby.ts';
import { ofLobby } from './desk-object.ts';

export interface DeskWebhooksOptions {
  /** Null where Stytch sends none. */
  readonly stytchWebhookSecret: Secret | null;
  readonly lobbies: Lobbies;
  readonly fetch: Fetch;
  readonly now: () => number;
  readonly turn: Turn;
  readonly reachPorts: ReachPorts;
}

/** How the Desk knows who signed what it is sent, and what it was sent before. */
export const deskWebhooks = ({
  stytchWebhookSecret: secret,
  lobbies,
  fetch,
  now,
  turn,
  reachPorts,
}: DeskWebhooksOptions): Pick<DeskPorts, 'verifyStytch' | 'verifyGithub' | 'messages'> => {
  const githubKeys = createGithubKeys({ fetch, now, turn });
  return {
    verifyStytch:
      secret === null ? null : (headers, body) => verifyWebhook(secret.reveal(), headers, body, now()),
    verifyGithub: (headers, body) => verifyGithub(githubKeys, headers, body),
    messages: (id) => ({
      wasSeen: async (sentAt) => {
        const answer = lobbies(id).wasSeen(id, sentAt).then(shaped(isMessageSeen));
        return ofLobby(await reach(reachPorts, answer, LOBBY_DEADLINE_MS));
      },
      markSeen: async (sentAt) =>
        ofLobby(await reach(reachPorts, lobbies(id).markSeen(id, sentAt), LOBBY_DEADLINE_MS)),
    }),
  };
};

const isMessageSeen = (value: unknown): value is MessageSeen =>
  value === 'new' || value === 'done' || value === 'replayed';
