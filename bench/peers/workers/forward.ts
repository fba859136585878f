/** Sends a request on to the origin for the user that a peer found: what all of them do with an answer of "yes". */
export const forwardAs = (request: Request, originUrl: string, userId: string): Promise<Response> => {
  const headers = new Headers(request.headers);
  headers.delete('authorization');
  headers.set('X-Latchkey-User-Id', userId);
  const path = request.url.slice(request.url.indexOf('/', request.url.indexOf('://') + 3));
  return fetch(originUrl + path, {
    method: request.method,
    headers,
    body: request.body,
    redirect: 'manual',
  });
};
