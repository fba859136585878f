import { OPERATORS } from '../faults/cases/operators.ts';
import { faulty } from '../faults/faulty.ts';

faulty('operators', OPERATORS);
