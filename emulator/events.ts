import { nowMs, timestamp } from './clock.ts';
import { deliver } from './deliveries.ts';
import { makeId } from './ids.ts';
import type { JsonObject } from './json.ts';
import { type Member, memberObject } from './organizations.ts';
import type { Project } from './project.ts';
import { type User, userObject } from './users.ts';

export type Action = 'CREATE' | 'UPDATE' | 'DELETE';

/** Tells of a user what was done through the API; of one that is deleted, only its id. */
export const announceUser = (project: Project, action: Action, user: User): void =>
  deliver(project, {
    ...frame(project, action, 'user', user.userId),
    ...(action === 'DELETE' ? {} : { user: userObject(project, user) }),
  });

/** Tells of a member what was done through the API; of one that is deleted, only its id. */
export const announceMember = (project: Project, action: Action, member: Member): void =>
  deliver(project, {
    ...frame(project, action, 'member', member.member_id),
    ...(action === 'DELETE' ? {} : { member: memberObject(project, member) }),
  });

/** What each of Stytch's events has. `source` tells who did it: the API, the dashboard or SCIM. */
export const frame = (
  project: Project,
  action: Action,
  objectType: 'user' | 'member',
  id: string,
): JsonObject => ({
  project_id: project.id,
  event_id: makeId(project, 'webhook-event'),
  action,
  object_type: objectType,
  source: 'DIRECT',
  id,
  timestamp: timestamp(nowMs(project)),
  vertical: objectType === 'user' ? 'CONSUMER' : 'B2B',
});
