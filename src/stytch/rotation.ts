import type { Outcome, RotationEnd, RotationStart, Stytch } from '../model/ports.ts';
import { call, type Wires } from './call.ts';
import { clientUrl, managing, type StytchProject } from './project.ts';
import { readRotationAnswer, readWholeClient } from './wire.ts';

type Rotation = Pick<Stytch, 'startRotation' | 'finishRotation' | 'cancelRotation'>;

/** The rotation of a client's secret, which Stytch mints: from its start to its end, both secrets work. */
export const createRotation = (project: StytchProject, wires: Wires): Rotation => {
  const manage = managing(project);
  const urlOf = (clientId: string, step: '' | '/start' | '/cancel') =>
    `${clientUrl(project, clientId)}/secrets/rotate${step}`;

  const end = (clientId: string, step: '' | '/cancel'): Promise<Outcome<RotationEnd>> =>
    call<RotationEnd>(
      wires,
      urlOf(clientId, step),
      manage('POST', '{}'),
      (body) => {
        const client = readWholeClient(body);
        return client?.clientId === clientId && client.nextLastFour === null ? 'ended' : null;
      },
      (declined, attempt) => {
        if (declined.code === 'm2m_client_not_found') return { outcome: 'answered', value: 'no_client' };
        if (declined.code !== 'm2m_client_not_rotating_secret') return declined;
        // A repeat that finds no rotation: the first try had come through.
        return { outcome: 'answered', value: attempt > 0 ? 'ended' : 'not_rotating' };
      },
    );

  return {
    startRotation: (clientId) =>
      call<RotationStart>(
        wires,
        urlOf(clientId, '/start'),
        // The secret is in the answer alone: a repeat would be told that a rotation runs, and not its secret.
        manage('POST', '{}', { idempotent: false }),
        (body) => {
          const client = readRotationAnswer(body)?.m2m_client;
          return client?.client_id === clientId
            ? { rotation: 'started', nextClientSecret: client.next_client_secret }
            : null;
        },
        (declined) => {
          if (declined.code === 'm2m_client_not_found')
            return { outcome: 'answered', value: { rotation: 'no_client' } };
          return declined.code === 'm2m_client_already_rotating_secret'
            ? { outcome: 'answered', value: { rotation: 'running' } }
            : declined;
        },
      ),
    finishRotation: (clientId) => end(clientId, ''),
    cancelRotation: (clientId) => end(clientId, '/cancel'),
  };
};
