import type { Outcome } from '../model/ports.ts';
import { call, type Wires } from './call.ts';
import { managing, type StytchProject } from './project.ts';
import { rolesOf } from './session-claim.ts';
import { readUserAnswer } from './wire.ts';

/** Somebody waits for it, and behind him a key that is to be made; milliseconds. */
const DEADLINE_MS = 3_000;

/** The project's users, of a consumer project: what roles one has now; null for one who is not there. */
export const createUsers = (project: StytchProject, wires: Wires) => {
  const manage = managing(project);
  return {
    userRoles: (userId: string): Promise<Outcome<readonly string[] | null>> =>
      call<readonly string[] | null>(
        wires,
        `${project.baseUrl}/v1/users/${encodeURIComponent(userId)}`,
        manage('GET', undefined, { deadlineMs: DEADLINE_MS }),
        (body) => {
          const user = readUserAnswer(body);
          return user?.user_id === userId ? rolesOf(user.roles ?? null, 'consumer') : null;
        },
        (declined) => (declined.code === 'user_not_found' ? { outcome: 'answered', value: null } : declined),
      ),
  };
};

export type Users = ReturnType<typeof createUsers>;
