// A cmi5 assignable unit in its browser window, from launch to the end. In: LAUNCH, the query string it was launched
// with. Out: one line of JSON with the ids of what it sent and what it was given.
import xhr2 from "xhr2";

// What the library finds in a browser.
globalThis.XMLHttpRequest = xhr2.XMLHttpRequest;
globalThis.window = { location: { search: process.env.LAUNCH, href: `https://content.example.com/${process.env.LAUNCH}` } };
const { default: Cmi5 } = await import("./node_modules/@xapi/cmi5/dist/Cmi5.esm.js");

const au = Cmi5.instance;
const told = { available: Cmi5.isCmiAvailable };
const sent = async (name, promise) => (told[name] = (await promise).data);
await sent("initialized", au.initialize());
told.launchData = au.launchData;
told.preferences = au.getLearnerPreferences();
told.authenticated = au.isAuthenticated;
await sent("progressed", au.progress(50));
await sent("answered", au.interactionTrueFalse("test", "question-1", true, true, { "en-US": "Is the horn a toy?" }));
await sent("passed", au.pass({ scaled: 0.92, raw: 92, min: 0, max: 100 }));
await sent("completed", au.complete());
await sent("terminated", au.terminate());
console.log(JSON.stringify(told));
