import { writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { EACH_AREA, ELSEWHERE } from './areas.ts';
import type { Origin, Programs } from './origin.ts';

/** A WSGI application (PEP 3333): of one area, or one that chooses by PATH_INFO as applications do. */
export const wsgiFile = (own: string, area = ''): string => {
  const areas = EACH_AREA.map(([name, path]) => `('${name}', '${path}')`);
  writeFileSync(
    `${own}.py`,
    `AREA = '${area}'
def chosen(path):
    for area, start in [${areas.join(', ')}]:
        if path.startswith(start) or area == 'payouts' and path.lower().startswith(start): return area
    return '${ELSEWHERE}'
def application(environ, start_response):
    path = environ.get('SCRIPT_NAME', '') + environ.get('PATH_INFO', '')
    told = [name + '=' + value for name, value in environ.items() if isinstance(value, str)]
    told += ['AREA=' + (AREA or chosen(path)), 'PATH=' + path]
    body = ('\\0'.join(told) + '\\0').encode('latin-1', 'replace')
    start_response('200 OK', [('Content-Type', 'application/octet-stream'), ('Content-Length', str(len(body)))])
    return [body]\n`,
  );
  return `${own}.py`;
};

const reference: Programs = (own, port) => {
  const app = basename(wsgiFile(`${own}app`), '.py');
  writeFileSync(
    `${own}.py`,
    `import importlib.util
from wsgiref.simple_server import make_server, WSGIRequestHandler
spec = importlib.util.spec_from_file_location('app', '${dirname(own)}/${app}.py')
app = importlib.util.module_from_spec(spec)
spec.loader.exec_module(app)
class Quiet(WSGIRequestHandler):
    def log_message(self, *args): pass
make_server('127.0.0.1', ${port}, app.application, handler_class=Quiet).serve_forever()\n`,
  );
  return [['/usr/bin/python3', '-I', `${own}.py`]];
};

const gunicorn: Programs = (own, port) => {
  const app = basename(wsgiFile(`${dirname(own)}/app${basename(own)}`), '.py');
  const kept = ['-k', 'gthread', '--threads', '4', '--keep-alive', '60', '--log-level', 'critical'];
  const args = ['--bind', `127.0.0.1:${port}`, '--chdir', dirname(own), ...kept, app];
  return [['/usr/bin/python3', '-m', 'gunicorn', ...args]];
};

const path: Origin['path'] = ({ PATH = null }) => PATH;

export const WSGI: readonly Origin[] = [
  { name: 'WSGI', runs: { programs: reference }, path },
  { name: 'WSGI, gunicorn', runs: { programs: gunicorn }, path },
];
