// The signing page: the signer's time zone, and passkeys. The page works without this but for passkeys.
"use strict";

(() => {
  const form = document.getElementById("sign");
  if (!form) return;
  form.elements.zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

  const button = document.getElementById("use-passkey");
  if (!button) return;
  button.addEventListener("click", async () => {
    try {
      const answer = await fetch(button.dataset.options, { headers: { Accept: "application/json" } });
      const options = PublicKeyCredential.parseRequestOptionsFromJSON((await answer.json()).publicKey);
      const credential = await navigator.credentials.get({ publicKey: options });
      document.getElementById("passkey").value = JSON.stringify(credential.toJSON());
      button.textContent = "Passkey shown";
      button.disabled = true;
    } catch (error) {
      button.textContent = `No passkey: ${error.message}`;
    }
  });
})();
