import type { Project } from './project.ts';

const LOOPBACK = /^(localhost|[a-z0-9-]+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Whether the sign-in page may go to a URL, and a page there may use the side door: loopback and RETURN_ORIGINS. */
export const mayReturn = (project: Project, returnTo: string): boolean => {
  if (returnTo === '') return true;
  const url = URL.parse(returnTo);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return false;
  return LOOPBACK.test(url.hostname) || project.returnOrigins.includes(url.origin);
};
