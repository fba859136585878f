import type { JsonObject } from './json.ts';
import type { Project } from './project.ts';
import { isRefusal, type Refusal, refuse } from './result.ts';
import { readSetting, writeSetting } from './settings.ts';
import type { Switches } from './switches.ts';
import { parseTemplate } from './template.ts';

/** The M2M template as the Management API names its parts. */
export type StoredTemplate = { readonly template_content: string; readonly custom_audience: string };

/** What a new project has: the owner of a client as claim `user_id`. */
export const DEFAULT_TEMPLATE: StoredTemplate = {
  template_content: '{ "user_id": {{ client.trusted_metadata.user_id }} }',
  custom_audience: '',
};

/** What there is where no template was ever set. */
export const NO_TEMPLATE: StoredTemplate = { template_content: '', custom_audience: '' };

/** Reads the M2M template; null where there is none. */
export const readTemplate = (project: Project): StoredTemplate | null =>
  readSetting<StoredTemplate | null>(project, 'm2m_template', DEFAULT_TEMPLATE);

/** Takes the template away, as a project is before anybody set one. */
export const removeTemplate = (project: Project): void => writeSetting(project, 'm2m_template', null);

/** Replaces the M2M template, if it is a good one. */
export const writeTemplate = (
  project: Project,
  switches: Switches,
  wanted: JsonObject,
): StoredTemplate | Refusal => {
  const { template_content = '{}', custom_audience = '' } = wanted;
  if (typeof template_content !== 'string' || typeof custom_audience !== 'string')
    return refuse('bad_request');
  const parsed = parseTemplate(template_content, switches);
  if (isRefusal(parsed)) return parsed;
  const stored = { template_content, custom_audience };
  writeSetting(project, 'm2m_template', stored);
  return stored;
};
