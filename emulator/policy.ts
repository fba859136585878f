import { isObject, isStrings, type Json, type JsonObject } from './json.ts';
import type { Project } from './project.ts';
import { readSetting, writeSetting } from './settings.ts';

/** What a role may do: `*` stands for every resource or every action. */
export type Permission = { readonly resource_id: string; readonly actions: readonly string[] };

/** The roles of the given ones that permit an action; the side door sets the policy, which starts empty. */
export const grantingRoles = (
  project: Project,
  roles: readonly string[],
  check: JsonObject,
): readonly string[] => {
  const policy = readSetting<Readonly<Record<string, readonly Permission[]>>>(project, 'policy', {});
  return roles.filter((role) =>
    (policy[role] ?? []).some(
      ({ resource_id, actions }) =>
        ['*', check.resource_id].includes(resource_id) &&
        actions.some((action) => action === '*' || action === check.action),
    ),
  );
};

/** Replaces the policy; false when it is not one. */
export const writePolicy = (project: Project, wanted: Json | undefined): boolean => {
  if (!isObject(wanted)) return false;
  const valid = Object.values(wanted).every((entry) => Array.isArray(entry) && entry.every(isPermission));
  if (valid) writeSetting(project, 'policy', wanted);
  return valid;
};

const isPermission = (value: unknown): boolean =>
  isObject(value) && typeof value.resource_id === 'string' && isStrings(value.actions);
