/** A request as a shell makes it, that answers whose key it is. */
export const curlLine = (deskUrl: string, key: string): string =>
  `curl -H "Authorization: Bearer ${key}" ${deskUrl}/v1/whoami`;
