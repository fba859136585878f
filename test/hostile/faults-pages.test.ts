import { PAGES } from '../faults/cases/pages.ts';
import { faulty } from '../faults/faulty.ts';

faulty('pages', PAGES);
