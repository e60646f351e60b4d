/* Tells the library that the bank's page was answered; what the answer was, the library asks the API. */
window.parent.postMessage({ type: "challenge-answered" }, "*");
