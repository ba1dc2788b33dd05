// @ts-check
/** @param {string} id */
function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

/** Every pod has its own flag colour, the same on every visit. @param {string} pod */
function flag(pod) {
  let hash = 2166136261;
  for (const letter of pod) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619) >>> 0;
  // Steps of the golden ratio lie apart on the colour wheel even for neighbours.
  return `hsl(${Math.round(((hash * 0.618034) % 1) * 360)} 65% 45%)`;
}

/** @param {HTMLElement} element @param {string} pod */
function showPod(element, pod) {
  element.className = 'pod';
  element.textContent = pod;
  element.style.setProperty('--flag', flag(pod));
}

/** @param {string} what */
function showTrouble(what) {
  byId('trouble').textContent = what;
  byId('trouble').hidden = false;
}

/** @type {Map<string, { count: number, bar: HTMLElement, number: HTMLElement }>} */
const tally = new Map();

/** @param {string} pod */
function count(pod) {
  let row = tally.get(pod);
  if (row === undefined) {
    const item = document.createElement('li');
    const name = document.createElement('span');
    const bar = document.createElement('span');
    const number = document.createElement('span');
    showPod(name, pod);
    bar.className = 'bar';
    bar.style.setProperty('--flag', flag(pod));
    item.append(name, bar, number);
    byId('tally').append(item);
    row = { count: 0, bar, number };
    tally.set(pod, row);
  }
  row.count++;
  const most = Math.max(...[...tally.values()].map((one) => one.count));
  for (const one of tally.values()) {
    one.bar.style.width = `${(100 * one.count) / most}%`;
    one.number.textContent = String(one.count);
  }
}

async function askOffice() {
  const response = await fetch('/api/office');
  if (!response.ok) throw new Error(`GET ${response.url} answered ${response.status}`);
  return response.json();
}

async function ask() {
  try {
    count((await askOffice()).pod);
  } catch (error) {
    showTrouble(`The office does not answer: ${error instanceof Error ? error.message : error}.`);
  }
}

async function arrive() {
  try {
    const office = await askOffice();
    document.title = office.harbour;
    byId('harbour').textContent = office.harbour;
    byId('line').textContent =
      office.user === undefined ? 'The office is open.' : `The office is open, ${office.user}.`;
    byId('signed-out').hidden = office.user !== undefined;
    byId('signed-in').hidden = office.user === undefined;
    if (office.user === undefined) return;
    byId('name').textContent = office.user;
    showPod(byId('issuer'), office.signedInAt);
  } catch (error) {
    byId('line').textContent = 'The office cannot be reached.';
    showTrouble(
      `This page asks for "/api/office" at ${location.origin}, where it is not (${error instanceof Error ? error.message : error}). An application that builds absolute URLs needs an origin of its own.`,
    );
  }
}

/** Connects again, later each time, when the pod that held the line goes. @param {number} delay in milliseconds */
function openLine(delay) {
  const line = new WebSocket(`ws://${location.host}/live`);
  const horn = /** @type {HTMLButtonElement} */ (byId('horn'));
  let next = Math.min(delay * 2, 10_000);
  /** @type {number | undefined} */
  let timer;
  const ping = () => line.send(JSON.stringify({ ping: performance.now() }));
  line.onopen = () => {
    next = 250;
    horn.disabled = false;
    horn.onclick = () => line.send(JSON.stringify({ horn: true }));
    timer = setInterval(ping, 2000);
    ping();
  };
  line.onmessage = ({ data }) => {
    const news = JSON.parse(data);
    if (news.type === 'pong') {
      byId('trip').textContent = `${(performance.now() - news.ping).toFixed(1)} ms`;
      return;
    }
    const pod = document.createElement('span');
    showPod(pod, news.pod);
    if (news.type === 'hello') byId('live-pod').replaceChildren(': ', pod);
    if (news.type === 'horn') hearHorn(news.from);
    byId('visitors').textContent = news.visitors;
    byId('answered').textContent = news.answered;
    byId('up').textContent = news.upSeconds < 120 ? `${news.upSeconds} s` : `${Math.floor(news.upSeconds / 60)} min`;
  };
  line.onclose = () => {
    clearInterval(timer);
    horn.disabled = true;
    byId('live-pod').textContent = ' (none at the moment)';
    byId('trip').textContent = '–';
    setTimeout(() => openLine(next), next);
  };
}

/** @param {string} from */
function hearHorn(from) {
  const item = document.createElement('li');
  item.textContent = `${from} sounded the horn at ${new Date().toLocaleTimeString()}.`;
  const log = byId('log');
  log.prepend(item);
  while (log.childElementCount > 5) log.lastElementChild?.remove();
}

byId('ask').addEventListener('click', ask);
byId('ask-many').addEventListener('click', () => {
  for (let question = 0; question < 30; question++) ask();
});
arrive();
openLine(250);
