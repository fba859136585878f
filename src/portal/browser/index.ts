/**
 * The one script of the portal. It finds its work by attributes in the page, and no page needs it: what is of use with it
 * alone is hidden until it runs. It asks for nothing, stores nothing and writes texts only, never markup.
 */
import { checkAll } from './check-all.ts';
import { copyButtons } from './copy.ts';
import { once } from './once.ts';
import { secretOnce } from './secret.ts';
import { submitOnChange } from './submit-on-change.ts';
import { times } from './times.ts';

// First of all, what keeps a secret: whatever the rest comes to.
secretOnce();
once();
copyButtons();
times();
checkAll();
submitOnChange();
