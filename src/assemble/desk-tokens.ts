import type { DeskPorts } from '../desk/ports.ts';
import * as is from '../gate/admit/shapes.ts';
import type { Lobby } from '../model/ports.ts';
import { type ReachPorts, reach } from '../model/reach.ts';
import { ok } from '../model/refusal.ts';
import { LOBBY_DEADLINE_MS } from './desk-lobby.ts';
import { ofLobby } from './desk-object.ts';

/** What all Lobbies were told, side by side. Without one of them the sum would be wrong: then it is not known. */
export const deskTokens =
  (everyLobby: () => readonly Lobby[], ports: ReachPorts): DeskPorts['tokens'] =>
  async (days) => {
    const asked = everyLobby().map(async (lobby) => {
      const answer = lobby.tokens(days).then(is.shaped(is.isListOf(is.isTokenDay)));
      return ofLobby(await reach(ports, answer, LOBBY_DEADLINE_MS));
    });
    const answers = await Promise.all(asked);
    const refused = answers.find((answer) => !answer.ok);
    return refused ?? ok(answers.flatMap((answer) => (answer.ok ? answer.value : [])));
  };
