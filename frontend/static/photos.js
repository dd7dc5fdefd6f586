// Photos that are searched with: kept in this browser for a day, so that a search has an address.

const DAY_MS = 24 * 60 * 60 * 1000;
const STORE = "photos";
let opened;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("image-search", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

/** Keep these files; gives the names that they can be asked for by. */
export async function keep(files) {
  await forgetOld();
  const entries = files.map((file) => [name(), { file, since: Date.now() }]);
  await within("readwrite", (store) => entries.map(([key, entry]) => store.put(entry, key)));
  return entries.map(([key]) => key);
}

/** The files of these names; undefined for those that aren't here, or not any more. */
export async function photos(keys) {
  const entries = await within("readonly", (store) => keys.map((key) => store.get(key)));
  return entries.map((entry) => (entry && entry.since > Date.now() - DAY_MS ? entry.file : undefined));
}

/** What was kept for a day is gone after it. */
export async function forgetOld() {
  const [keys, entries] = await within("readonly", (store) => [store.getAllKeys(), store.getAll()]);
  const old = keys.filter((_, place) => entries[place].since < Date.now() - DAY_MS);
  if (old.length > 0) await within("readwrite", (store) => old.map((key) => store.delete(key)));
}

/** Make requests in one transaction, and give their results when it has ended. */
async function within(mode, requests) {
  const transaction = (await database()).transaction(STORE, mode);
  const made = requests(transaction.objectStore(STORE));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(made.map((request) => request.result));
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

function name() {
  return [...crypto.getRandomValues(new Uint8Array(6))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
