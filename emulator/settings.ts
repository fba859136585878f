import type { Json } from './json.ts';
import type { Project } from './project.ts';

/** Reads a stored setting; the emulator alone writes them, so the type is trusted. */
export const readSetting = <T extends Json>(project: Project, name: string, fallback: T): T => {
  const [row] = project.sql.exec<{ value: string }>('SELECT value FROM settings WHERE name = ?', name);
  return row === undefined ? fallback : (JSON.parse(row.value) as T);
};

/** Stores a setting. */
export const writeSetting = (project: Project, name: string, value: Json): void => {
  project.sql.exec(
    'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    name,
    JSON.stringify(value),
  );
};
