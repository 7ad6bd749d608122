"""Language models: requests, the response store, the client, cost. What asks them is a strategy's business."""
