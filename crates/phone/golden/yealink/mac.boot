#!version:1.0.0.1
## Hotdesk: stamp 812 epoch 829440.
## What the document does not mention goes back to what the phone left the factory with.
overwrite_mode = 1
include:config "https://chicago.example.com:8443/p/k5tq2vwz7m3xj4ha/00156504a1b2.cfg"
