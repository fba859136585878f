/** An object's storage that counts the rows which are read through it: what Cloudflare bills, and what takes time. */
export const countRows = (storage: DurableObjectStorage) => {
  let read = 0;
  const counting = {
    sql: {
      exec: (query: string, ...values: readonly SqlStorageValue[]) => {
        const rows = storage.sql.exec(query, ...values);
        const found = rows.toArray();
        read += rows.rowsRead;
        return { toArray: () => found };
      },
    },
    transactionSync: <T>(work: () => T) => storage.transactionSync(work),
  } as unknown as DurableObjectStorage;
  return { storage: counting, read: () => read };
};
