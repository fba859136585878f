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

/** Reads the M2M template. */
export const readTemplate = (project: Project): StoredTemplate =>
  readSetting(project, 'm2m_template', DEFAULT_TEMPLATE);

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
